# server/core/job.c: the rate of slow trials is by what the last seconds have seen
s/return RATE_TAU_MS + RATE_TRIALS .*/return RATE_TAU_MS;/
