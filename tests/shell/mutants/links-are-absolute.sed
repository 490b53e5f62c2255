# web/feed.js: the events are looked for at the root of the site
# by js feed
s/`api\/v1\/events/`\/api\/v1\/events/
