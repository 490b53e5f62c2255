# common/net/conn_tls.c: who says nothing after the handshake stays
# by unit net/conn_deadline_test
s/c->loop, &c->deadline, CONN_FIRST_MS/c->loop, \&c->deadline, 3600000/
