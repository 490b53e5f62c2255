# common/net/conn.c: the deadline of a viewer comes a thousand times later
# by unit net/conn_deadline_test
s/conn_loop_deadline_in(c->loop, &c->deadline, ms);/conn_loop_deadline_in(c->loop, \&c->deadline, 1000 * ms);/
