# common/net/conn_frames.c: what a peer may send is saved up ten times too fast
# by unit net/conn_meter_test
s/ms \* a_second \/ 1000/ms * a_second \/ 100/
