# server/core/schedule.c: work is granted after a stop
s/return !c->stopping && c->retry_ms < 0/return c->retry_ms < 0/
