# server/core/commit.c: a job that was removed is back after a restart
/for (size_t i = 0; i < c->commits.pending.removed.n; i++)/s/i = 0/i = c->commits.pending.removed.n/
