# web/canvas.js: a canvas has the pixels of a coarse screen
# by js canvas
s/canvas\.width = Math\.round(w \* ratio);/canvas.width = Math.round(w);/
