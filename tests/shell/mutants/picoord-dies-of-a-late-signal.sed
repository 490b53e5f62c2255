# server/stop.c: a signal that comes while handles close ends picoord
# by e2e late-signals-change-nothing
s/^    late_signals_ignore();$/    ;/
