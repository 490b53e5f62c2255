# web/headline.js: a bar runs without a job
# by js headline
s/\.hidden = !Number\.isFinite(part);/.hidden = false;/
