# server/core/audit.c: the audits of who is excluded stay due
s/forget_in(c, &c->audits.complete, worker);/(void)worker;/
