# server/core/commit.c: answers leave with the transaction, not after it
s/^    c->in_flight = true;$/&\n    commit_send_answers(c, c->flight.answers.items, c->flight.answers.n);/
