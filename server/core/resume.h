// SPDX-License-Identifier: MIT
/*
 * Resume: what a worker held before it reconnected.
 */
#ifndef SERVER_CORE_RESUME_H
#define SERVER_CORE_RESUME_H

#include "server/core/state.h"

/* One piece of the list; p->worker is ready after the last one. */
void resume_take(struct coord *c, struct peer *p, const struct msg_resume *m);

#endif
