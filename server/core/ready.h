// SPDX-License-Identifier: MIT
/*
 * The ready queues: threads that may get work, by the number of grants in hand.
 */
#ifndef SERVER_CORE_READY_H
#define SERVER_CORE_READY_H

#include "server/core/state.h"

void ready_init(struct coord *c);

/* Whether the thread may get work now. */
bool ready_may_get(const struct coord *c, const struct thread *t);

/* Appends the thread to its queue, if it may get work; idempotent. */
void ready_add(struct coord *c, struct thread *t);

/* Removes the first thread of a queue, which must not be empty. */
struct thread *ready_pop(struct coord *c, size_t level);

/* Removes the worker's threads from the queues, before their memory is freed. */
void ready_remove_worker(struct coord *c, const struct worker *w);

/* Asserts the invariants of the queues.  For tests. */
void ready_check(const struct coord *c);

#endif
