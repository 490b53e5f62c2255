# web/model.js: the last point of the history stands twice
# by js model
s/return now\[0\] > last ?/return now[0] >= last ?/
