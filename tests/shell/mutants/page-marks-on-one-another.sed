# web/canvas.js: texts lie on one another
# by js canvas
# by js lanes
s/^    if (taken\.some.*return false;$//
