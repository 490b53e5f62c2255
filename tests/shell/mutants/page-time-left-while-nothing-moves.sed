# web/numbers.js: a job that waits for workers has a time left
# by js numbers
s/if (job\.state !== 'running' || job\.reason) return NaN;/if (job.state !== 'running') return NaN;/
