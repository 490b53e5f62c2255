# worker/bench.c: a kernel's rate is a thousand times too small
# by unit worker/golden_worker_test
s|return (double)trials / (elapsed > 1e-9 ? elapsed : 1e-9);|return (double)trials / 1000 / (elapsed > 1e-9 ? elapsed : 1e-9);|
