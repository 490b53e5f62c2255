# web/model.js: what is granted again is that of who was lost last
# by js model
s/const loss = this\.losses\[0\];/const loss = this.losses[this.losses.length - 1];/
