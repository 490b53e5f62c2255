# worker/agent_loop.c: a connection that is lost is taken for one that could not be made
# by e2e what-a-worker-prints-is-whole
s/.type = l->open ? AGENT_LOST : AGENT_FAILED/.type = AGENT_FAILED/
