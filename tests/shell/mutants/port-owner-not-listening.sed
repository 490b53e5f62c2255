# common/sys/port_owner.c: who is only connected owns a port
# by unit sys/port_owner_test
s/&& state == LISTENING//
