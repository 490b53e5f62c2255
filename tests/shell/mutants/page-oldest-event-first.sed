# web/model.js: the newest event stands last
# by js model
s/this\.events\.unshift(entry)/this.events.push(entry)/
