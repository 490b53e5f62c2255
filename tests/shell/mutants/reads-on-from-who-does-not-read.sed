# common/net/conn_write.c: a peer that does not read is read from
# by unit net/conn_test
s/conn_queued_bytes(c) > CONN_SOFT_BYTES && !c->paused)/conn_queued_bytes(c) > CONN_HARD_BYTES \&\& !c->paused)/
