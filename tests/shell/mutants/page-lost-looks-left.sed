# web/lanes.js: who was lost has the sign of who left
# by js lanes
s/lost: '✕'/lost: '◇'/
