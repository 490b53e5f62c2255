// SPDX-License-Identifier: MIT
/*
 * Scheduling: sizes of grants, shares of several jobs, stragglers.
 */
#ifndef SERVER_CORE_SCHEDULE_H
#define SERVER_CORE_SCHEDULE_H

#include "server/core/state.h"

void schedule_init(struct coord *c);
void schedule_run(struct coord *c);

/* After slices_run(): idle threads of trusted workers recompute what waits beyond the
 * budget. */
void schedule_audits(struct coord *c); /* grants all that may be granted now */

#endif
