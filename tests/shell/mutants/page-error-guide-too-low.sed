# web/funnel.js: the bound is that of one standard error
# by js funnel
s/const GUIDE = 1\.96 \* 4/const GUIDE = 4/
