# web/model.js: one range is ranges
# by js model
s/e\.ranges === 1 ? '' : 's'/e.ranges <= 2 ? '' : 's'/
