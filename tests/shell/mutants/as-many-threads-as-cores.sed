# worker/main.c: as many threads as cores get a warning
# by e2e what-a-worker-prints-is-whole
s/if (times > 1)/if (times >= 1)/
