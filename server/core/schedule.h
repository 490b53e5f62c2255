// SPDX-License-Identifier: MIT
/*
 * Who gets which range next: sizes, shares of several jobs, stragglers.
 */
#ifndef SERVER_CORE_SCHEDULE_H
#define SERVER_CORE_SCHEDULE_H

#include "server/core/state.h"

void schedule_init(struct coord *c);
void schedule_run(struct coord *c); /* grants what can be granted */

#endif
