// SPDX-License-Identifier: MIT
/*
 * When a job is done: its stop rule, looked at during a flush, and what it has then;
 * and a job that is done and goes on to more trials.
 */
#ifndef SERVER_CORE_SETTLE_H
#define SERVER_CORE_SETTLE_H

#include "server/core/state.h"

/* During a flush, after the job's rows: ends the job if its stop rule is met, or
 * extends it if that was asked for. */
void settle_job(struct coord *c, struct job *j);

/* After the job's last row: replies show it as it was before the restart. */
void settle_restored(struct job *j);

#endif
