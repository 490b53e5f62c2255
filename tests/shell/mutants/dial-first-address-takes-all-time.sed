# common/net/conn_dial.c: the first dead address of a name takes all of the time
# by unit net/conn_dial_test
s/left_ms \/ share/left_ms/
