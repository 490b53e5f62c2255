# web/funnel.js: a point without trials is drawn
# by js funnel
s/points\.filter((\[n\]) => n > 0n)\.map/points.map/
