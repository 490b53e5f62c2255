# web/funnel.js: the height is that of the upper half
# by js funnel
s/Math\.max(highs\[i\] - middle, middle - lows\[i\], 1e-15)/Math.max(highs[i] - middle, 1e-15)/
