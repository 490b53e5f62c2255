# common/net/conn_write.c: a peer is reset before it has read the last words
# by unit net/conn_deadline_test
s/    c->state = CONN_LINGERING;/    conn_end(c, 0, "closed"); return;/
