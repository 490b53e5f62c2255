# server/core/ledger.c: the rest of a slot that a worker has begun stays free for all
s/^        deal_rest(l, w->worker, at, gap.end);/        (void)deal_rest;/
