// SPDX-License-Identifier: MIT
/*
 * One connection: how it begins, is refused, is closed.
 */
#ifndef SERVER_CORE_PEER_H
#define SERVER_CORE_PEER_H

#include "server/core/state.h"

void peer_init(struct coord *c);
void peer_release(struct coord *c);

/* The connection, or NULL where there is none of that number. */
struct peer *peer_by_conn(const struct coord *c, conn_id conn);

/* A new connection; the number was never used before. */
struct peer *peer_connected(struct coord *c, conn_id conn, const char *address,
                            uint64_t origin, bool trusted);

/* Says why and closes.  Sentence and hint are borrowed until the next step.  One that
 * came to work is counted in peers.refused. */
void peer_refuse(struct coord *c, struct peer *p, enum refusal_code code,
                 const char *sentence, const char *hint);

/* Closes after what was sent; idempotent.  INPUT_LOST still follows. */
void peer_close(struct coord *c, struct peer *p);

#endif
