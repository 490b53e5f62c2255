// SPDX-License-Identifier: MIT
/*
 * Resume: what a worker held before it connected again.
 */
#ifndef SERVER_CORE_RESUME_H
#define SERVER_CORE_RESUME_H

#include "server/core/state.h"

void resume_take(struct coord *c, struct peer *p, const struct msg_resume *m);

#endif
