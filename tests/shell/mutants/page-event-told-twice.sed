# web/past.js: an event that hello and the stream bring is told twice
# by js past
s/if (model.known.has(key)) return false;//
