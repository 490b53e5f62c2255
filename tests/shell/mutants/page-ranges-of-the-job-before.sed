# web/circle.js: what was checked of another job counts
# by js circle
s/^      checked = new Map();//
