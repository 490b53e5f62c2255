# web/canvas.js: a text is cut without room for its ellipsis
# by js canvas
s/\.slice(0, n - 1)}…`);/.slice(0, n)}…`);/
