# server/core/job.c: the running time goes on while a job is paused
s/state == JOB_RUNNING ? c->clock.now_ms : -1;/c->clock.now_ms;/
