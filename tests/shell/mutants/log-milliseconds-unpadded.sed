# common/base/format.c: seven milliseconds are logged as seven tenths
# by unit sys/log_test
s/\.%03dZ"/.%dZ"/
