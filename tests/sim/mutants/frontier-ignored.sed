# server/core/fit.c: a restarted coordinator leases what workers still hold
s/c->clock.now_ms < c->jobs.resume_ms ? j->resume_floor : 0/0/
