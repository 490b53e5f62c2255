# web/rates.js: who is a little faster takes a colour
# by js rates
s/tones\.has(name) ? STAYS : 1/1/
