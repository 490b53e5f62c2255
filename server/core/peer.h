// SPDX-License-Identifier: MIT
/*
 * Connections: how one begins, is refused and is closed.
 */
#ifndef SERVER_CORE_PEER_H
#define SERVER_CORE_PEER_H

#include "server/core/state.h"

enum {
    REFUSED_MS = 60000
}; /* so long a refused worker is a reason why nothing moves */

void peer_init(struct coord *c);
void peer_release(struct coord *c);

/* The connection with that number, or NULL. */
struct peer *peer_by_conn(const struct coord *c, conn_id conn);

/* Adds a connection; its number must be new. */
struct peer *peer_connected(struct coord *c, conn_id conn, const char *address,
                            uint64_t origin, bool trusted);

/* Sends a Refusal and closes.  Sentence and hint are borrowed until the next step.
 * peers.refused counts refused workers. */
void peer_refuse(struct coord *c, struct peer *p, enum refusal_code code,
                 const char *sentence, const char *hint);

/* Closes the connection after what was sent; idempotent.  INPUT_LOST still follows. */
void peer_close(struct coord *c, struct peer *p);

/* Asserts what must be true of them, slowly.  For tests. */
void peer_check(const struct coord *c);

#endif
