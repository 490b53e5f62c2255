# worker/agent_hold.c: a worker does not send again what was not answered
s/^        g->unsent = g->computed;$/        g->unsent = 0;/
