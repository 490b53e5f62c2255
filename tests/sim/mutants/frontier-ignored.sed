# server/core/schedule.c: a restarted coordinator leases what workers still hold
s/c->now_ms < c->resume_ms ? j->floor : 0/0/
