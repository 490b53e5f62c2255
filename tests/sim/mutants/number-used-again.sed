# server/core/job.c: a new job gets the number of one that was removed
s/return last > c->jobs.removed ? last : c->jobs.removed;/return last;/
