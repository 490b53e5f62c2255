// SPDX-License-Identifier: MIT
/*
 * Read-only requests: status, jobs, workers, history, ledger.  All numbers are those of
 * the last durable transaction.  Pure.
 */
#ifndef SERVER_CORE_QUERY_H
#define SERVER_CORE_QUERY_H

#include "server/core/reply.h"

/* coord_query() for callers in the core, with the same promises. */
MUST_USE bool query_answer(const struct viewpoint *v, const struct msg_request *r,
                           reply_sink *sink, void *ctx);

/* What is shown of that worker; of one that is forgotten, its id and that it is gone.
 */
void query_worker_view(const struct coord *c, uint64_t worker, struct arena *memory,
                       struct worker_view *ret);

#endif
