# server/core/ledger_commit.c: a verified row is not added to the total
s/l->total.verified_done += x.end - x.first;/(void)x;/
