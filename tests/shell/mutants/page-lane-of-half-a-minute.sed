# web/lanes.js: a lane is half a minute
# by js lanes
s/((now - t) \/ WINDOW_MS)/((now - t) \/ (WINDOW_MS \/ 2))/
