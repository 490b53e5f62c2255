# web/recount.js: only the points drawn are counted
# by js recount
s/BigInt(first), trials, (k/BigInt(first), n, (k/
