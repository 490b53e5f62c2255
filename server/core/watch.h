// SPDX-License-Identifier: MIT
/*
 * Watchers: connections that get updates of a job until it has ended.
 */
#ifndef SERVER_CORE_WATCH_H
#define SERVER_CORE_WATCH_H

#include "server/core/state.h"

void watch_release(struct coord *c);
void watch_add(struct coord *c, conn_id conn, const struct msg_request *r,
               struct job *j);
void watch_fire(struct coord *c, struct watch *w); /* its timer is due */
void watch_job_ended(struct coord *c, struct job *j);
void watch_lost(struct coord *c, conn_id conn);

/* Asserts what must be true of them, slowly.  For tests. */
void watch_check(const struct coord *c);

#endif
