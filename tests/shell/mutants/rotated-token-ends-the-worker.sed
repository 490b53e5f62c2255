# worker/agent_loop.c: a token that has been renewed is not looked up
# by e2e what-a-worker-prints-is-whole
s/m->refusal.code == REFUSAL_TOKEN \&\&/false \&\&/
