# web/numbers.js: a point without a digit is settled
# by js numbers
s/if (text\[n - 1\] === '\.') n--;//
