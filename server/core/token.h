// SPDX-License-Identifier: MIT
/*
 * Which tokens let a peer in, and what happens when one is rotated.
 */
#ifndef SERVER_CORE_TOKEN_H
#define SERVER_CORE_TOKEN_H

#include "server/core/state.h"

/* Whether its Hello proves its role; if not, the peer has been refused. */
bool token_authorize(struct coord *c, struct peer *p, const struct msg_hello *h);

/* An operator requests the join strings, or a new token. */
void token_request(struct coord *c, conn_id conn, const struct msg_request *r);

/* Handles INPUT_TOKEN. */
void token_answered(struct coord *c, const struct input *input);

#endif
