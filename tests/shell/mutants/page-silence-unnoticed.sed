# web/feed.js: nothing is heard for 15 s, and it is not tried again
# by js feed
s/silence > QUIET_MS/silence > 10 * QUIET_MS/
