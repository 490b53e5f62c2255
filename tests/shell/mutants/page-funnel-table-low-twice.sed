# web/funnel.js: the low end stands for the high one
# by js funnel
s/r\.low\.toFixed(9), r\.high\.toFixed(9)/r.low.toFixed(9), r.low.toFixed(9)/
