# common/net/conn_end.c: the sentence of why a connection ended is lost
# by leak net/conn_test
s/^    free(c->why_owned);//
