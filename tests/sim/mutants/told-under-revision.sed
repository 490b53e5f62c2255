# server/core/query.c: a ledger is told while rows of it are being revoked
s/c->commits.flight.revocations.n == 0 &&/c->commits.flight.id \&\&/
