# web/jobs.js: a job that was removed is shown on
# by js app
s/  else model\.choose(''); .*//
