# server/net/net.c: the core does not hear that a connection has closed
# by unit net/net_test
/^static void on_conn_closed/,/^}/s/if (p->open)/if (p->open \&\& p->surplus)/
