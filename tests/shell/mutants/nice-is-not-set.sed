# worker/main.c: --nice is not set
# by e2e what-a-worker-prints-is-whole
s/setpriority(PRIO_PROCESS, 0, o->nice)/setpriority(PRIO_PROCESS, 0, 0)/
