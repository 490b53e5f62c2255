# web/rates.js: the sum is of the eight largest alone
# by js rates
s/\.reduce((a, b) => a + b, 0) - own)/.reduce((a, b) => a + b, 0) - own \&\& 0)/
