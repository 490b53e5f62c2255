# web/model.js: points that come again are doubled
# by js model
s/this\.streamed\.points\.splice(from, Infinity,/this.streamed.points.splice(Infinity, 0,/
