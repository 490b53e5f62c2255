# common/net/conn_frames.c: a viewer that says nothing stays
# by unit net/conn_deadline_test
/^static void conn_begin_stream/,/^}/s/    conn_loop_deadline_in(c->loop, &c->deadline, CONN_FIRST_MS);/    conn_loop_deadline_none(c->loop, \&c->deadline);/
