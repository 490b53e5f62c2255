# web/feed.js: the connection before stays open
# by js feed
s/^    source\.close();//
