# server/core/commit.c: answers leave with the transaction, not after it
s/^    c->commits.in_flight = true;$/&\n    answers_send(c, c->commits.flight.answers.items, c->commits.flight.answers.n);/
