# web/numbers.js: a job is done to more than all
# by js numbers
s/Math\.min(1, Number(job\.done) \/ expected)/Number(job.done) \/ expected/
