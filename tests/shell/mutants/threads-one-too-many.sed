# common/wire/wire_decode.c: a worker may have 4097 threads
# by unit wire/limits_test
s/p->threads, 1, WORKER_THREADS_MAX)/p->threads, 1, WORKER_THREADS_MAX + 1)/
