# server/net/net.c: how many lines were left out is not told
# by unit net/net_test
/event_log_tick(n->log, now_ms(n));/d
