// SPDX-License-Identifier: MIT
/*
 * The ready queues: threads that may get work, by the number of grants in hand.
 * Threads with none are served first.  Workers that may compute the same kinds form a
 * class, which has queues of its own: so nobody looks for work where there is none for
 * it.
 */
#include "server/core/ready.h"

#include <assert.h>

#include "server/core/kind.h"
#include "server/core/standing.h"
#include "server/core/turn.h"

enum {
    REPORTED_MAX = 48 /* grants of a thread that wait for the store; with those in hand
                         fewer than 64, the most that a worker holds for a thread */
};

static struct ready_class *add_class(struct coord *c, uint64_t may)
{
    struct ready_class *k = &c->ready.classes[c->ready.n++];
    k->may = may;
    for (size_t i = 0; i <= GRANTS_IN_HAND_MAX; i++)
        k->tail[i] = &k->head[i];
    return k;
}

void ready_init(struct coord *c)
{
    add_class(c, 1);
    c->ready.served = 1;
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
        c->ready.classes[t->ready_class].tail[t->ready_level] = t->ready_link;
    t->ready_link = NULL;
    c->ready.linked[t->ready_level]--;
}

struct thread *ready_pop(struct coord *c, struct ready_class *k, size_t level)
{
    struct thread *t = k->head[level];
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
    uint32_t class_ = t->worker->class_;
    if (t->ready_link && t->ready_level == t->in_hand && t->ready_class == class_)
        return;
    if (t->ready_link)
        ready_remove(c, t);
    if (!ready_may_get(c, t))
        return;
    struct ready_class *k = &c->ready.classes[class_];
    t->ready_level = t->in_hand;
    t->ready_class = class_;
    t->ready_next = NULL;
    t->ready_link = k->tail[t->in_hand];
    *t->ready_link = t;
    k->tail[t->in_hand] = &t->ready_next;
    c->ready.linked[t->in_hand]++;
}

/* ---- classes ---- */

static uint64_t may_compute(const struct coord *c, const struct worker *w)
{
    uint64_t set = kinds_offered(c, w);
    for (uint64_t bits = set & ~UINT64_C(1); bits; bits &= bits - 1) {
        int i = __builtin_ctzll(bits);
        if (standing_kept_from(w->standing, c->kinds.all[i].program))
            set &= ~(UINT64_C(1) << i);
    }
    return set;
}

/* The class of that set; where there are too many, of the largest part of it that there
 * is. */
static struct ready_class *class_for(struct coord *c, uint64_t may)
{
    struct ready_class *best = &c->ready.classes[0], *spare = NULL;
    for (size_t i = 0; i < c->ready.n; i++) {
        struct ready_class *k = &c->ready.classes[i];
        if (k->may == may)
            return k;
        if (i > 0 && k->workers == 0 && !spare)
            spare = k;
        if (!(k->may & ~may) &&
            __builtin_popcountll(k->may) > __builtin_popcountll(best->may))
            best = k;
    }
    if (spare)
        spare->may = may;
    return spare ? spare : c->ready.n < CLASSES_MAX ? add_class(c, may) : best;
}

static void find_served(struct coord *c)
{
    uint64_t served = 1;
    for (size_t i = 0; i < c->ready.n; i++)
        if (c->ready.classes[i].workers > 0)
            served |= c->ready.classes[i].may;
    for (uint64_t bits = served & ~c->ready.served; bits; bits &= bits - 1)
        turn_served(c, &c->kinds.all[__builtin_ctzll(bits)]);
    c->ready.served = served;
}

void ready_declass(struct coord *c, struct worker *w)
{
    if (!w->classed)
        return;
    w->classed = false;
    c->ready.classes[w->class_].workers--;
    if (c->ready.n > 1)
        find_served(c);
}

void ready_classify(struct coord *c, struct worker *w)
{
    uint64_t may = may_compute(c, w);
    if (w->classed && c->ready.classes[w->class_].may == may)
        return;
    if (w->classed)
        c->ready.classes[w->class_].workers--;
    struct ready_class *k = class_for(c, may);
    w->classed = true;
    w->class_ = (uint32_t)(k - c->ready.classes);
    k->workers++;
    if (c->ready.n > 1)
        find_served(c);
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i].ready_link)
            ready_add(c, &w->threads[i]);
}

void ready_classify_all(struct coord *c)
{
    c->kinds.changed = false;
    for (size_t i = 0; i < c->fleet.workers.n; i++)
        if (c->fleet.workers.items[i]->classed)
            ready_classify(c, c->fleet.workers.items[i]);
}

uint64_t ready_kinds(const struct coord *c, const struct worker *w)
{
    return w->classed ? c->ready.classes[w->class_].may : 0;
}

static void check_queues(const struct ready_class *k, uint32_t class_,
                         uint32_t linked[GRANTS_IN_HAND_MAX + 1])
{
    for (uint32_t level = 0; level <= GRANTS_IN_HAND_MAX; level++) {
        struct thread *const *link = &k->head[level];
        for (; *link; link = &(*link)->ready_next, linked[level]++)
            assert((*link)->ready_link == link && (*link)->ready_level == level &&
                   (*link)->ready_class == class_);
        assert(k->tail[level] == link);
    }
}

void ready_check(const struct coord *c)
{
    uint32_t workers = 0, linked[GRANTS_IN_HAND_MAX + 1] = {0};
    for (uint32_t i = 0; i < c->ready.n; i++) {
        check_queues(&c->ready.classes[i], i, linked);
        workers += c->ready.classes[i].workers;
    }
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        uint64_t may = ready_kinds(c, w);
        assert(w->classed == w->ready);
        assert(!w->classed || !(may & ~may_compute(c, w)) || c->kinds.changed);
        workers -= w->classed;
    }
    assert(workers == 0);
    for (size_t i = 0; i <= GRANTS_IN_HAND_MAX; i++)
        assert(linked[i] == c->ready.linked[i]);
}
