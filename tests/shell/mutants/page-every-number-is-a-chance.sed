# web/headline.js: the mean of a program is called p, whatever its scale
# by js program
s/job.scale === 1 ?/job.scale >= 1 ?/
