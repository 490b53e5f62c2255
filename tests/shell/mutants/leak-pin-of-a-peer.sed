# common/net/tls.c: the key of each peer is lost
# by leak net/conn_tls_test
s/^    OPENSSL_free(der);//
