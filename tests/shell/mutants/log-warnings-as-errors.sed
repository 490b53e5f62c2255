# common/sys/log.c: the journal is told that a warning is an error
# by unit sys/log_test
s/"warn", '4'/"warn", '3'/
