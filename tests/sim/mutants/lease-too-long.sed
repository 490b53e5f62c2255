# server/core/results.c: a lease of a run ends one trial early
s/uint64_t end = r.first + r.count, hits;/uint64_t end = r.first + r.count - (i == 3), hits;/
