# server/core/results.c: a worker may report the leases of another
s/if (!g || g->thread->worker != w ||/if (!g ||/
