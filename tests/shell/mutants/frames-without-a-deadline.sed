# common/net/conn_frames.c: a first frame that never ends is waited for
# by unit net/conn_deadline_test
/^void conn_begin_frames/,/^}/s/        conn_loop_deadline_in(c->loop, &c->deadline, CONN_FIRST_MS);/        conn_loop_deadline_none(c->loop, \&c->deadline);/
