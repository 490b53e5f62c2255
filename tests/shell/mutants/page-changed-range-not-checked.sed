# web/circle.js: a range whose count has changed is not computed again
# by js circle
s/checked\.get(r\.first)?\.ledger !== r\.ledger/!checked.has(r.first)/
