# server/core/ledger.c: the rest of a slot that a worker has begun stays free for all
s/place.deal \&\& gap.tag == 0 \&\& deal_rest(l, w->worker, at, gap.end);/false;\n    (void)deal_rest;/
