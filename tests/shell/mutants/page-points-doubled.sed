# web/recount.js: a point is told in the place of the next
# by js recount
s/points\[2 \* k + 1\] =/points[2 * k + 2] =/
