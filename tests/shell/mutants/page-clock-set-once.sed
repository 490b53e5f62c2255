# web/model.js: the coordinator's clock is taken with the first event only
# by js model
s/this\.offset = Number(status\.time_ms) - performance\.now();/this.offset ||= Number(status.time_ms) - performance.now();/
