# worker/main.c: all workers have the same secret
# by e2e what-a-worker-prints-is-whole
s/: random_bytes(config.agent.secret, sizeof(config.agent.secret));/: 0;/
