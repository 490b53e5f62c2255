# worker/serial.c: one trial beyond 2^62 is counted
# by unit worker/golden_worker_test
s/options->trials > KERNEL_TRIALS_MAX - options->first/options->trials > KERNEL_TRIALS_MAX - options->first + 1/
