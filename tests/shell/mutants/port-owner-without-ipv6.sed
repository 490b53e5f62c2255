# common/sys/port_owner.c: who listens by IPv6 owns nothing
# by unit sys/port_owner_test
s/ || find_in("\/proc\/net\/tcp6", port, ret)//
