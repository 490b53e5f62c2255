# web/numbers.js: the interval is that of 90 %
# by js numbers
s/const z = 1\.9599[0-9]*/const z = 1.6448536269514722/
