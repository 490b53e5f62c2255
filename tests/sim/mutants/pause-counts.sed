# server/core/job.c: the running time goes on while a job is paused
/^void job_set_state/,/^}/s/run_ms = -1;/run_ms = state == JOB_PAUSED ? c->clock.now_ms : -1;/
