// SPDX-License-Identifier: MIT
/*
 * The ready queues: threads that may get work, by the number of grants in hand.
 * Threads with none are served first.
 */
#include "server/core/ready.h"

#include <assert.h>

#include "server/core/standing.h"

enum {
    REPORTED_MAX = 48 /* grants of a thread that wait for the store; with those in hand
                         fewer than 64, the most that a worker holds for a thread */
};

void ready_init(struct coord *c)
{
    for (size_t i = 0; i <= GRANTS_IN_HAND_MAX; i++)
        c->ready.tail[i] = &c->ready.head[i];
}

/* A thread with a full hand may get one more grant, of a range that was lost, so that
 * such ranges need not wait until some thread is done.  A thread that is stuck does not
 * get its own ranges again. */
bool ready_may_get(const struct coord *c, const struct thread *t)
{
    return t->worker->ready && !t->worker->draining && t->worker->conn &&
           !standing_overdue(t->worker->standing) &&
           t->in_hand <= c->config.grants_in_hand && t->reported < REPORTED_MAX &&
           !(t->head && t->head->expired);
}

static void ready_remove(struct coord *c, struct thread *t)
{
    assert(t->ready_link);
    *t->ready_link = t->ready_next;
    if (t->ready_next)
        t->ready_next->ready_link = t->ready_link;
    else
        c->ready.tail[t->ready_level] = t->ready_link;
    t->ready_link = NULL;
}

struct thread *ready_pop(struct coord *c, size_t level)
{
    struct thread *t = c->ready.head[level];
    assert(t && t->ready_level == level);
    ready_remove(c, t);
    return t;
}

void ready_remove_worker(struct coord *c, const struct worker *w)
{
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i].ready_link)
            ready_remove(c, &w->threads[i]);
}

void ready_add(struct coord *c, struct thread *t)
{
    if (t->ready_link && t->ready_level == t->in_hand)
        return;
    if (t->ready_link)
        ready_remove(c, t);
    if (!ready_may_get(c, t))
        return;
    t->ready_level = t->in_hand;
    t->ready_next = NULL;
    t->ready_link = c->ready.tail[t->in_hand];
    *t->ready_link = t;
    c->ready.tail[t->in_hand] = &t->ready_next;
}

void ready_check(const struct coord *c)
{
    for (uint32_t level = 0; level <= GRANTS_IN_HAND_MAX; level++) {
        struct thread *const *link = &c->ready.head[level];
        for (; *link; link = &(*link)->ready_next)
            assert((*link)->ready_link == link && (*link)->ready_level == level);
        assert(c->ready.tail[level] == link);
    }
}
