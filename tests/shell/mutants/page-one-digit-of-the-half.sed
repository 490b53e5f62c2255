# web/numbers.js: one digit of the half width instead of two
# by js numbers
s/Math\.max(0, 1 - Math\.floor/Math.max(0, -Math.floor/
