# common/sys/log.c: a log line changes errno
# by unit sys/log_test
s/    errno = saved;//
