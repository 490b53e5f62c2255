// SPDX-License-Identifier: MIT
/*
 * By what right a peer is here, and the end of that right when a token is rotated.
 */
#ifndef SERVER_CORE_TOKEN_H
#define SERVER_CORE_TOKEN_H

#include "server/core/state.h"

/* Whether its Hello proves a right to its role; else it has been refused. */
bool token_authorize(struct coord *c, struct peer *p, const struct msg_hello *h);

/* An operator asks for the join strings, or for a new token. */
void token_request(struct coord *c, conn_id conn, const struct msg_request *r);

/* INPUT_TOKEN. */
void token_answered(struct coord *c, const struct input *input);

#endif
