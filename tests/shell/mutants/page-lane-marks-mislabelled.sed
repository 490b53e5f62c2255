# web/lanes.js: 15 seconds ago is called 45
# by js lanes
s/x(now - 1000 \* s), h -/x(now - 1000 * (60 - s)), h -/
