# server/core/transaction.c: an operator is answered before the disk
s/^    \*LIST_PUSH(&c->pending.due) = (struct due){conn, \*r, j};/    view_reply_job(c, conn, r->id, j, true, false);/
