# server/core/schedule.c: work is granted after a stop
s/return !c->stop.asked && c->commits.retry_ms < 0/return c->commits.retry_ms < 0/
