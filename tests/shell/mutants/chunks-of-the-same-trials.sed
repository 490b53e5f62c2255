# worker/serial.c: each chunk counts the first again
# by unit worker/golden_worker_test
s/s->first + at, n, 0/s->first, n, 0/
