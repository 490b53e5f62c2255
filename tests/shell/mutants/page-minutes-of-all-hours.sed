# web/numbers.js: 3 h 185 min
# by js numbers
s/Math\.floor(s \/ 60) % 60}/Math.floor(s \/ 60)}/
