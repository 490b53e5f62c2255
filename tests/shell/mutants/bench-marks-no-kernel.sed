# worker/bench.c: the table marks the kernels that are not used
# by unit worker/golden_worker_test
s/r->kernel == used ? "  <- used here" : ""/r->kernel != used ? "  <- used here" : ""/
