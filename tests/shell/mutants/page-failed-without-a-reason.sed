# web/offers.js: why a program has failed is not said
# by js program
s/return p.reason ? /return !p.reason ? /
