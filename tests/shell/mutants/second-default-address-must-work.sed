# server/options.c: a machine without IPv6 cannot run picoord
# by unit server/options_test
s/return o->default_addresses \&\& i > 0 \&\&/return o->default_addresses \&\& i > 1 \&\&/
