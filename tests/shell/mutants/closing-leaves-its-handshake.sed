# common/net/conn_end.c: a connection that ends keeps its place among the handshakes
# by unit net/conn_crowd_test
s/    turns_leave(c);/    ring_remove(\&c->queued);/
