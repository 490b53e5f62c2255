# server/core/results.c: a lease need not be one of its grant
s/leases & ~leases_mask(grant_leases(g->first, g->count, g->log2)))/false)/
