# common/net/conn_dial.c: what failed first is told, not last
# by unit net/conn_dial_test
s/dial_of(c)->status = status;/dial_of(c)->status = dial_of(c)->status ? dial_of(c)->status : status;/
