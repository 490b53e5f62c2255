# worker/agent_loop.c: a worker that a second signal ends exits 0
# by e2e each-end-has-its-exit-status
s/_exit(128 + signum);/_exit(0);/
