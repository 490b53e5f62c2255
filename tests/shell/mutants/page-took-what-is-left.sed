# web/headline.js: a job that is done shows what was left
# by js headline
s/put('left', done ? duration(Number(job\.elapsed_ms)) :/put('left', done ? duration(left) :/
