# common/sys/late_signals.c: SIGHUP is forgotten
# by unit sys/late_signals_test
s/SIGTERM, SIGINT, SIGHUP, /SIGTERM, SIGINT, /
