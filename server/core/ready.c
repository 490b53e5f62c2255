// SPDX-License-Identifier: MIT
/*
 * The queues of threads that may be given work, by the number of grants that they have
 * in hand: who has none is served first.
 */
#include <assert.h>

#include "server/core/state.h"

static void unqueue(struct coord *c, struct thread *t);

/* A full hand takes one more, of what was lost: no range lies about until some thread
 * has ended what it has.  A thread that is stuck does not get its own ranges again. */
bool may_get(const struct coord *c, const struct thread *t)
{
    return t->worker->ready && !t->worker->draining && t->worker->conn &&
           !audit_slows(t->worker->standing) &&
           t->in_hand <= c->config.grants_in_hand && t->reported < REPORTED_MAX &&
           !(t->head && t->head->expired);
}

struct thread *pop_hungry(struct coord *c, size_t level)
{
    struct thread *t = c->hungry[level];
    unqueue(c, t);
    return t;
}

void schedule_unqueue(struct coord *c, const struct worker *w)
{
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i].hungry_link)
            unqueue(c, &w->threads[i]);
}

void thread_hungry(struct coord *c, struct thread *t)
{
    if (t->hungry_link && t->hungry_level == t->in_hand)
        return;
    if (t->hungry_link)
        unqueue(c, t);
    if (!may_get(c, t))
        return;
    t->hungry_level = t->in_hand;
    t->hungry_next = NULL;
    t->hungry_link = c->hungry_tail[t->in_hand];
    *t->hungry_link = t;
    c->hungry_tail[t->in_hand] = &t->hungry_next;
}

static void unqueue(struct coord *c, struct thread *t)
{
    assert(t->hungry_link);
    *t->hungry_link = t->hungry_next;
    if (t->hungry_next)
        t->hungry_next->hungry_link = t->hungry_link;
    else
        c->hungry_tail[t->hungry_level] = t->hungry_link;
    t->hungry_link = NULL;
}
