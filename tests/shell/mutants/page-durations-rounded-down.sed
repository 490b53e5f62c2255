# web/numbers.js: a second that is left is none
# by js numbers
s/Math\.ceil(ms \/ 1000)/Math.floor(ms \/ 1000)/
