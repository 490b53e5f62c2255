# common/net/conn_read.c: TLS is taken where there is none
# by unit net/conn_test
s/if (bytes\[0\] == TLS_RECORD && c->acceptor->tls)/if (bytes[0] == TLS_RECORD)/
