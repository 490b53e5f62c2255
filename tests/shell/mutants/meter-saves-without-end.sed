# common/net/conn_frames.c: what a peer may send is saved up for ever
# by unit net/conn_meter_test
s/    if (\*left > a_second)/    if (0)/
