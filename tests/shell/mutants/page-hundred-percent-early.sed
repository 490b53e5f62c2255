# web/headline.js: 99.96 % is 100 %
# by js headline
s/Math\.floor(part \* 1000)/Math.round(part * 1000)/
