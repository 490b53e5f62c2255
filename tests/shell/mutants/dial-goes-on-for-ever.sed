# common/net/conn_dial.c: addresses are tried beyond the time that there is
# by unit net/conn_dial_test
s/ && (int64_t)uv_now(c->tcp\.loop) < d->deadline_ms)/)/
