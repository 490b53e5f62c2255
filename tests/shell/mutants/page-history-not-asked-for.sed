# web/feed.js: one kind of event is not heard
# by js feed
s/'history', //
