// SPDX-License-Identifier: MIT
/*
 * What is said on a connection: Hello, who may say what, leaving.
 */
#ifndef SERVER_CORE_SESSION_H
#define SERVER_CORE_SESSION_H

#include "server/core/state.h"

void session_init(struct coord *c);
void session_release(struct coord *c);
void session_message(struct coord *c, conn_id conn, const struct msg *m);
void session_lost(struct coord *c, conn_id conn);

#endif
