# server/core/job.c: a paused job is leased
s/j->record.state == JOB_RUNNING) &&$/j->record.state <= JOB_PAUSED) \&\&/
