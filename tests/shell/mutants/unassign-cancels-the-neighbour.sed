# worker/pool.c: a lease that is wanted is cancelled with its neighbour
# by unit worker/pool_test
s/ \&\& (leases >> t->lease \& 1))/)/
