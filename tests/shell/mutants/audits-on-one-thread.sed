# server/net/recompute.c: recomputation never takes a second thread
# by unit net/recompute_test
s/r->started < r->config\.threads)/r->started < 1)/
