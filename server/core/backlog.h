// SPDX-License-Identifier: MIT
/*
 * The work that waits, as one number and in time: by it others decide how many workers
 * there should be.
 */
#ifndef SERVER_CORE_BACKLOG_H
#define SERVER_CORE_BACKLOG_H

#include "server/core/reply.h"

/* What open jobs that are not paused have yet to count. */
void backlog_view(const struct viewpoint *v, struct waiting_view *ret);

#endif
