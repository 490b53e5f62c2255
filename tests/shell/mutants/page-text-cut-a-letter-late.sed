# web/canvas.js: a text is cut without room for its ellipsis
# by js canvas
s/`${text\.slice(0, n)}…`)\.width > width) n--;/text.slice(0, n)).width > width) n--;/
