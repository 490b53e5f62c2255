# server/core/coord.c: a job that was complete when the coordinator died is never done
s/^            job_dirty(c, j);$/            (void)c;/
