# server/net/address_count.c: the limit of an address is one too high
# by unit net/address_count_test
s/return n <= o->most;/return n <= o->most + 1;/
