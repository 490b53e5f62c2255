# web/app.js: the last panel has no key
# by js app
s/event\.key <= '6'/event.key < '6'/
