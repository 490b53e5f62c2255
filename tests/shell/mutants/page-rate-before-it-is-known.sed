# web/rates.js: a rate holds from the sample before
# by js rates
s/g\.lineTo(x, y(tops\[i - 1\]));.*/g.lineTo(x, y(tops[i]));/
