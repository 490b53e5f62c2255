# server/core/worker.c: an exclusion has no consequence for the job
s/if (s && s->passed >= PROBATION_RESULTS)$/if (false)/
