# common/net/conn_read.c: frames in the clear are taken from other machines
# by unit net/conn_afar_test
s/(c->acceptor->plaintext && c->local)/c->acceptor->plaintext/
