# web/numbers.js: what is done is still to do
# by js numbers
s/const left = expectedTrials(job) - Number(job\.done);/const left = expectedTrials(job);/
