# worker/doctor.c: the worker's doctor gives its signals back before it has printed
# by e2e late-signals-change-nothing
s/^    late_signals_ignore();$/    ;/
