# common/base/format.c: seven milliseconds are shown as seven tenths
# by unit base/format_test
# by unit sys/log_test
s/\.%03dZ"/.%dZ"/
