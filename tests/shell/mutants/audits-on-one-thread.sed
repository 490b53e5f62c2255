# server/net/recompute.c: recomputation never takes a second thread
# by unit net/recompute_test
s/if (all_work \&\& r->started < r->threads)/if (all_work \&\& r->started < 1)/
