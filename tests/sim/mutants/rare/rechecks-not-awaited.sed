# server/core/audit.c: a job ends while its past is recomputed
s/ledger_hold(&j->ledger, recheck || /ledger_hold(\&j->ledger, /
