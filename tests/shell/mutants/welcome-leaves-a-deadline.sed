# common/net/conn.c: a welcome peer is closed once its first deadline has passed
# by unit net/conn_deadline_test
/^void conn_welcomed/,/^}/s/    conn_loop_deadline_none(c->loop, &c->deadline);//
