# web/numbers.js: a job for a time shows what is left as done
# by js numbers
s/Math\.min(1, Number(job\.elapsed_ms) \/ Number(job\.for_ms))/1 - Math.min(1, Number(job.elapsed_ms) \/ Number(job.for_ms))/
