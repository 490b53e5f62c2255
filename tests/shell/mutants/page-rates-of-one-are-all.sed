# web/rates.js: the label says the rate of one worker
# by js rates
s/reduce((a, b) => a + b, 0));/reduce((a, b) => Math.max(a, b), 0));/
