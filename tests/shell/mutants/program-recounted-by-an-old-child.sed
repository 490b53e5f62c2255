# server/net/recompute.c: before a worker is blamed the same child counts again
# by unit net/recompute_test
s/if (t->range.fresh)/if (0)/
