# web/numbers.js: a digit is settled when the low end agrees
# by js numbers
s/ends\.every(/ends.slice(0, 1).every(/
