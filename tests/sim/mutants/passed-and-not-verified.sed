# server/core/audit.c: a row that was recomputed stays provisional
s/ledger_pass(l, share, p->first, p->end, pending_records(c));/(void)share;/
