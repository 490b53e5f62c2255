# web/circle.js: a range may be twice as large
# by js circle
s/const MOST = 1n << 23n;/const MOST = 1n << 24n;/
