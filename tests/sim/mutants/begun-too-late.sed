# server/core/fit.c: a trial is begun that cannot come before the job's time is over
s/return needs <= left_ms(c, j) + JOB_LATE_MS;/return needs > 0;/
