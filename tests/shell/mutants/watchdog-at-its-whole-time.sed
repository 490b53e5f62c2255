# common/sys/sd_notify.c: the watchdog is fed at its very time
# by unit sys/sd_notify_test
s/\/ 2000/\/ 1000/
