# web/lanes.js: who is gone takes the room of who is here
# by js lanes
s/GONE\.has(a\.state) - GONE\.has(b\.state) || //
