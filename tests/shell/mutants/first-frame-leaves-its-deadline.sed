# common/net/conn_frames.c: a peer is closed five seconds after its first frame
# by unit net/conn_deadline_test
/^void conn_parse/,/^}/s/            conn_loop_deadline_none(c->loop, &c->deadline);/            (void)0;/
