// SPDX-License-Identifier: MIT
/*
 * What operators ask for about workers: drain, kick, ban, pardon, trust, untrust.
 */
#ifndef SERVER_CORE_REQUEST_WORKER_H
#define SERVER_CORE_REQUEST_WORKER_H

#include "server/core/state.h"

/* Handles one of these requests.  What is kept in the state is answered once it is
 * durable. */
void request_worker(struct coord *c, conn_id conn, const struct msg_request *r);

/* The reply to one that is done: says which worker it has hit. */
void request_worker_done(struct coord *c, conn_id conn, uint32_t request,
                         uint64_t worker, const char *note);

#endif
