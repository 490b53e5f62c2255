# web/feed.js: a machine that has slept waits as if it had not
# by js feed
s/Math.max(performance.now() - heard, Date.now() - heardAt)/performance.now() - heard/
