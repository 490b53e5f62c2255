# common/net/conn.c: small frames are held back
# by unit net/conn_deadline_test
s/    uv_tcp_nodelay(&c->tcp, 1);//
