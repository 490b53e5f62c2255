# server/core/coord.c: a job that was complete when the coordinator died is never done
s/^            transaction_job(c, j);$/            (void)c;/
