# common/sys/log.c: log lines have the local time
# by unit sys/log_test
s/gmtime_r(/localtime_r(/
