# web/numbers.js: the estimate is twice the part that hits
# by js numbers
s/return { pi: 4 \* p,/return { pi: 2 * p,/
