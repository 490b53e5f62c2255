# common/net/conn_tls.c: what a pause leaves over of a record is lost
# by unit net/conn_meter_test
s/rest > 0 && c->paused && c->state == CONN_OPEN/0/
