# server/core/transaction.c: an operator is answered before the disk
s/^#include "server\/core\/effects.h"$/&\n#include "server\/core\/reply.h"/
/^void transaction_reply(/,/^}/{
/VEC_PUSH/d
s/^        (struct due){.conn = conn, .request = \*r, .job = j};$/    if (j)\n        reply_job(c, conn, r->id, j, true, false);\n    else\n        *VEC_PUSH(\&c->commits.pending.due) =\n            (struct due){.conn = conn, .request = *r};/
}
