# web/model.js: a loss of long ago takes what is granted now
# by js model
s/this\.losses = this\.losses\.filter(.*//
