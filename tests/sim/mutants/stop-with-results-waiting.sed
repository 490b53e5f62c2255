# server/core/commit.c: a stop does not wait for the transaction under way
s/return !c->in_flight && empty(&c->pending)/return empty(\&c->pending)/
