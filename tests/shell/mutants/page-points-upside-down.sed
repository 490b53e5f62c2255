# web/circle.js: up is down
# by js circle
s/const y = y0 - r \* shown/const y = y0 + r * shown/
