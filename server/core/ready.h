// SPDX-License-Identifier: MIT
/*
 * The ready queues: threads that may get work, by what their workers may compute and by
 * the number of grants in hand.
 */
#ifndef SERVER_CORE_READY_H
#define SERVER_CORE_READY_H

#include "server/core/state.h"

void ready_init(struct coord *c);

/* The worker, which is ready, may compute what it offers and is not kept from: moves
 * its threads to the class of those.  To be said whenever that changes. */
void ready_classify(struct coord *c, struct worker *w);
void ready_classify_all(struct coord *c);

/* The worker is not ready any more. */
void ready_declass(struct coord *c, struct worker *w);

/* The kinds that the worker may compute; of one that is in no class, none. */
uint64_t ready_kinds(const struct coord *c, const struct worker *w);

/* Whether a thread that may compute one of these kinds has nothing in hand. */
static inline bool ready_idle(const struct coord *c, uint64_t kinds)
{
    for (size_t i = 0; c->ready.linked[0] && i < c->ready.n; i++)
        if (c->ready.classes[i].head[0] && c->ready.classes[i].may & kinds)
            return true;
    return false;
}

/* Whether the thread may get work now. */
bool ready_may_get(const struct coord *c, const struct thread *t);

/* Appends the thread to its queue, if it may get work; idempotent. */
void ready_add(struct coord *c, struct thread *t);

/* Removes the first thread of a queue, which must not be empty. */
struct thread *ready_pop(struct coord *c, struct ready_class *k, size_t level);

/* Removes the worker's threads from the queues, before their memory is freed. */
void ready_remove_worker(struct coord *c, const struct worker *w);

/* Asserts the invariants of the queues.  For tests. */
void ready_check(const struct coord *c);

#endif
