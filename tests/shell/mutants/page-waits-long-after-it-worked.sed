# web/feed.js: the wait is not short again
# by js feed
s/^          wait = FIRST_MS;//
