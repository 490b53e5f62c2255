# web/recount.js: a miss is drawn inside
# by js recount
s/inside\[k\] = hit ? 1 : 0;/inside[k] = 1;/
