# common/net/conn_frames.c: a peer above its limit is not read for half a second
# by unit net/conn_meter_test
s/METER_MS = 50/METER_MS = 500/
