# server/net/net.c: each refused connection makes room for one more
# by unit net/net_test
/n->n_surplus -= p->surplus;/d
