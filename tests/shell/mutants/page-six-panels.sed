# web/app.js: the last panel has no key
# by js app
s/event\.key <= '7'/event.key < '7'/
