// SPDX-License-Identifier: MIT
/*
 * Messages of a connection: Hello, which role may send what, Bye.
 */
#ifndef SERVER_CORE_SESSION_H
#define SERVER_CORE_SESSION_H

#include "server/core/state.h"

void session_init(struct coord *c);
void session_release(struct coord *c);

/* Handles a message; the connection may be gone already. */
void session_message(struct coord *c, conn_id conn, const struct msg *m);

/* Handles INPUT_LOST: returns the worker's grants and frees the peer. */
void session_lost(struct coord *c, conn_id conn);

#endif
