# worker/pool.c: who was cancelled once is cancelled at each lease
# by unit worker/pool_test
/t->lease = (uint32_t)/,/g->leases &=/s/atomic_store(&t->cancel, false);/;/
