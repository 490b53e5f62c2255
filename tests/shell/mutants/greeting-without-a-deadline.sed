# common/net/conn.c: who connects and says nothing stays
# by unit net/conn_deadline_test
s/c->acceptor ? CONN_FIRST_MS : CONN_SECURE_MS/c->acceptor ? 3600000 : CONN_SECURE_MS/
