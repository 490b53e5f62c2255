# web/feed.js: ticks may be missing for nine seconds
# by js feed
s/NEWS_MS = 5000/NEWS_MS = 9000/
