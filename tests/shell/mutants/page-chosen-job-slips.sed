# web/model.js: the next tick shows the running job again
# by js app
s/this\.status = this\.picked ? .*/this.status = { ...status, job: this.current };/
