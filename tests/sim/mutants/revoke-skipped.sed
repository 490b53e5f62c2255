# server/core/commit.c: who is banned keeps the rows that nobody can trust
s/b->revoke && i </false \&\& i </
