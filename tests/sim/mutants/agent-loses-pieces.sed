# worker/core/agent_grants.c: a worker mixes up the sub-counts of two leases
s/g->pieces + (size_t)lease \* g->stride, pieces, n/g->pieces + (size_t)(lease \& ~1u) * g->stride, pieces, n/
