# web/circle.js: a range is compared with the hits of all before it
# by js circle
s/ledger: hits - before }/ledger: hits }/
