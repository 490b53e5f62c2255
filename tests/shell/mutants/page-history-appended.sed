# web/model.js: points that come again are doubled
# by js model
s/this\.history\.points\.splice(from, Infinity,/this.history.points.splice(Infinity, 0,/
