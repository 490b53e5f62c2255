# worker/serial.c: one trial beyond 2^62 is counted
# by unit worker/golden_worker_test
s/options->trials > most - options->first)/options->trials > most - options->first + 1)/
