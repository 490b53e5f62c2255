# server/net/recompute.c: the processor time of recomputations is counted a thousand times too low
# by unit net/recompute_test
s/(uint64_t)t.tv_nsec \/ 1000;/(uint64_t)t.tv_nsec \/ 1000000;/
