// SPDX-License-Identifier: MIT
/*
 * Requests of operators.
 */
#ifndef SERVER_CORE_REQUEST_H
#define SERVER_CORE_REQUEST_H

#include "server/core/state.h"

void request_release(struct coord *c);

/* Handles a request; replies now, or once the change is durable. */
void request_take(struct coord *c, conn_id conn, const struct msg_request *r);

/* A transaction has returned: handles the requests that waited for it. */
void request_deferred(struct coord *c);

#endif
