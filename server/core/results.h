// SPDX-License-Identifier: MIT
/*
 * Results and their fates.
 */
#ifndef SERVER_CORE_RESULTS_H
#define SERVER_CORE_RESULTS_H

#include "server/core/state.h"

void results_release(struct coord *c);

/* Counts, judges or queues each result; excludes a worker with impossible hits. */
void results_take(struct coord *c, struct peer *p, const struct msg_results *m);
void results_recheck(struct coord *c); /* those that waited for a commit */

#endif
