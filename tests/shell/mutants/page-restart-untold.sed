# web/past.js: a coordinator that has started again is taken for the same
# by js past
s/before ? !(uptime < Number(before.uptime_ms))/before ? !(uptime < 0)/
