# common/net/conn_loop.c: spare buffers are kept without end of their sizes
# by unit net/conn_loop_test
s/p->n < SPARE_BUFFERS && p->bytes + b->capacity <= SPARE_BYTES/p->n < SPARE_BUFFERS/
