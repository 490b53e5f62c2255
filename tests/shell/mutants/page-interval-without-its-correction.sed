# web/numbers.js: the interval is not moved to the middle
# by js numbers
s/const middle = (p + (z \* z) \/ (2 \* n)) \/ scale/const middle = p \/ scale/
