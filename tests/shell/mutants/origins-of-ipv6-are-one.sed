# common/net/address.c: all IPv6 addresses of a provider are one origin
# by unit net/address_test
s/mapped ? 4 : 8/mapped ? 4 : 4/
