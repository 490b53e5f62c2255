// SPDX-License-Identifier: MIT
/*
 * What operators ask for.
 */
#ifndef SERVER_CORE_REQUEST_H
#define SERVER_CORE_REQUEST_H

#include "server/core/state.h"

void request_release(struct coord *c);
void request_take(struct coord *c, conn_id conn, const struct msg_request *r);

/* A transaction has returned: requests that waited for it are taken up. */
void request_deferred(struct coord *c);

#endif
