// SPDX-License-Identifier: MIT
/*
 * Questions that change nothing: status, jobs, workers, history, ledger.  All numbers
 * are those of the last transaction that is durable.
 */
#ifndef SERVER_CORE_QUERY_H
#define SERVER_CORE_QUERY_H

#include "server/core/reply.h"

/* coord_query() from within the core. */
MUST_USE bool query_answer(const struct viewpoint *v, const struct msg_request *r,
                           reply_sink *sink, void *ctx);

#endif
