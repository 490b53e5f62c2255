# common/sys/log.c: a real has six digits in the log
# by unit sys/log_test
s/"%\.9g"/"%.6g"/
