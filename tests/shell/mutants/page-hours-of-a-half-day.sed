# web/numbers.js: the hours of a day go to 11
# by js numbers
s/Math\.floor(s \/ 3600) % 24/Math.floor(s \/ 3600) % 12/
