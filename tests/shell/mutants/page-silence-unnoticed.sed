# web/feed.js: nothing is heard for 15 s, and nothing is said
# by js feed
s/performance\.now() - heard > QUIET_MS/performance.now() - heard > 10 * QUIET_MS/
