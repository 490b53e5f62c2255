# server/core/commit.c: results that wait for a transaction are never looked at again
/^    results_recheck(c);$/d
