# web/headline.js: the rate stands where trials are
# by js headline
s/put('trials', job ? si(job\.done)/put('trials', job ? si(job.rate)/
