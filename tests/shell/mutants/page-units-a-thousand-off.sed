# web/numbers.js: a number is shown with the next unit
# by js numbers
s/\${NARROW}\${UNITS\[unit\]}/${NARROW}${UNITS[unit + 1]}/
