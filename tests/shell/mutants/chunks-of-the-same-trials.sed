# worker/serial.c: each chunk counts the first again
# by unit worker/golden_worker_test
s/count_chunk(s, program, s->first + at, n/count_chunk(s, program, s->first, n/
