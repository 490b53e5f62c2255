# server/net/net.c: one connection more than the limit is taken
# by unit net/net_test
s/return net_connections(n) >= n->max_connections;/return net_connections(n) > n->max_connections;/
