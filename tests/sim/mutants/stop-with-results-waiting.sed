# server/core/commit.c: a stop does not wait for the transaction under way
s/return !c->commits.in_flight && transaction_empty(&c->commits.pending)/return transaction_empty(\&c->commits.pending)/
