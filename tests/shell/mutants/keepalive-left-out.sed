# common/net/conn.c: a quiet peer is never asked whether it lives
# by unit net/conn_deadline_test
s/uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);//
