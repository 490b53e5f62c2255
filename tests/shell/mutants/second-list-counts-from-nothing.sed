# ctl/lib/replies.c: workers of a second frame lose those of the first
# by unit ctl/golden_ctl_test
/static void add_workers/,/^}/s/mem_resize(a->workers, a->n_workers + n, /mem_resize(a->workers, (a->n_workers = 0) + n, /
