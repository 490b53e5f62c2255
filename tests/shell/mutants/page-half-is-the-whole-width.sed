# web/numbers.js: the whole width is shown as the half
# by js numbers
s/const half = (high - low) \/ 2;/const half = high - low;/
