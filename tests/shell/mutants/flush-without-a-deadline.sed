# common/net/conn_write.c: a closed peer that does not read stays
# by unit net/conn_deadline_test
s/&c->deadline, CONN_FLUSH_MS/\&c->deadline, 3600000/
