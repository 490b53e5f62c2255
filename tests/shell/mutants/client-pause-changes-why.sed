# common/join/client.c: a pause forgets why a connection ended
# by unit join/client_test
s/    memcpy(c->why, why, sizeof(why));//
