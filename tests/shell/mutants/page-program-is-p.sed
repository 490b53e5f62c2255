# web/headline.js: an estimate with a scale is called p
# by js program
s/job.scale === 1 ? 'p' : 'x'/job.scale ? 'p' : 'x'/
