# common/net/conn_turns.c: an address has a handshake more than it may
# by unit net/conn_crowd_test
s/count_of_origin(c->acceptor, c->origin) < CONN_HANDSHAKES_ORIGIN/count_of_origin(c->acceptor, c->origin) <= CONN_HANDSHAKES_ORIGIN/
