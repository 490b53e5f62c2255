// SPDX-License-Identifier: MIT
/*
 * The queues of threads that may be given work, by the number of grants that they have
 * in hand.
 */
#ifndef SERVER_CORE_READY_H
#define SERVER_CORE_READY_H

#include "server/core/state.h"

void ready_init(struct coord *c);

/* Whether the thread may be given work now. */
bool ready_may_get(const struct coord *c, const struct thread *t);

/* Puts it into the queue where it belongs now, at the end, or into none; idempotent. */
void ready_add(struct coord *c, struct thread *t);

/* Takes the first one out; the queue of that level is not empty. */
struct thread *ready_pop(struct coord *c, size_t level);

/* Takes the worker's threads out of the queues, before their memory goes. */
void ready_remove_worker(struct coord *c, const struct worker *w);

/* Asserts what must be true of the queues.  For tests. */
void ready_check(const struct coord *c);

#endif
