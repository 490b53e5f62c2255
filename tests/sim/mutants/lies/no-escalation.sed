# server/core/worker.c: an exclusion has no consequence for the job
s/if (passed)$/if (false)/
