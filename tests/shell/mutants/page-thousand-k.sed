# web/numbers.js: 1000.0 k instead of 1.00 M
# by js numbers
s/x >= 999\.95/x >= 1000/
