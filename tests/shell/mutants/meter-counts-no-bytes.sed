# common/net/conn_frames.c: a peer may send any number of bytes
# by unit net/conn_meter_test
s/    c->bytes_left -= (int64_t)bytes;//
