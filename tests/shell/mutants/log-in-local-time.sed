# common/sys/log.c: log lines have the local time
# by unit sys/log_test
s/event->time_ms)/event->time_ms - (tzset(), timezone * 1000))/
