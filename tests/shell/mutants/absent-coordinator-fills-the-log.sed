# worker/agent_loop.c: that no coordinator is there is said each 300 ms
# by e2e what-a-worker-prints-is-whole
s/^    l->last_error = \*why;$/    ;/
