# server/core/transaction.c: an operator is answered before the disk
s/^#include "server\/core\/effects.h"$/&\n#include "server\/core\/reply.h"/
s/^    \*VEC_PUSH(&c->commits.pending.due) = (struct due){conn, \*r, j};/    reply_job(c, conn, r->id, j, true, false);/
