# web/feed.js: the wait grows without end
# by js feed
s/wait = Math\.min(2 \* wait, MOST_MS);/wait = 2 * wait;/
