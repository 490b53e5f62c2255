# worker/agent_loop.c: a signal that comes while handles close ends the worker
# by e2e late-signals-change-nothing
s/^    late_signals_ignore();$/    ;/
