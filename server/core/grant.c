// SPDX-License-Identifier: MIT
/*
 * Grants: what each thread of each worker holds, and how it comes back.  Who gets what
 * is decided in schedule.c.
 */
#include <assert.h>

#include "server/core/state.h"

/* Centuries; and a sum or a multiple of it still fits. */
#define PREDICTION_MAX_MS (INT64_MAX >> 20)

struct grant *grant_of(struct coord *c, uint64_t id)
{
    return map_get(&c->grants, id);
}

/* Milliseconds that trials are predicted to take at a rate, rounded up. */
int64_t rate_predict_ms(uint64_t rate, uint64_t trials)
{
    if (rate == 0)
        rate = RATE_UNKNOWN;
    unsigned __int128 ms = (unsigned __int128)trials * 1000 / rate;
    return ms < PREDICTION_MAX_MS ? (int64_t)ms + 1 : PREDICTION_MAX_MS;
}

uint64_t rate_seen(uint64_t trials, int64_t ms)
{
    unsigned __int128 rate =
        (unsigned __int128)trials * 1000 * RAMP / (uint64_t)(ms > 1 ? ms : 1);
    return rate < TRIALS_MAX ? (uint64_t)rate : TRIALS_MAX;
}

/* A worker that resumes names its grants itself, perhaps by a number still to come. */
uint64_t grant_new_id(struct coord *c)
{
    while (grant_of(c, c->next_grant))
        c->next_grant++;
    return c->next_grant++;
}

/* The next run of adjacent leases in the mask, taken out of it. */
static struct range next_run(const struct grant *g, uint64_t *leases)
{
    uint32_t i = (uint32_t)__builtin_ctzll(*leases), n = i;
    while (n < 64 && *leases >> n & 1)
        *leases &= ~(UINT64_C(1) << n++);
    struct range a = grant_lease(g->first, g->count, g->log2, i);
    struct range b = grant_lease(g->first, g->count, g->log2, n - 1);
    return (struct range){a.first, b.first + b.count - a.first};
}

/* What its worker has not listed is free once its Resume is complete. */
uint64_t thread_held(const struct thread *t)
{
    uint64_t sum = 0;
    for (const struct grant *g = t->head; g; g = g->next)
        for (uint64_t bits = t->worker->ready || g->resumed ? g->out : 0; bits;)
            sum += next_run(g, &bits).count;
    return sum;
}

/* The deadline of the grant's first lease that is still out: ten times what was
 * predicted for all that its thread held up to it, and ten seconds. */
int64_t grant_deadline(const struct grant *g)
{
    struct range r =
        grant_lease(g->first, g->count, g->log2, (uint32_t)__builtin_ctzll(g->out));
    uint64_t ahead = g->ahead + (r.first + r.count - g->first);
    return g->granted_ms + LEASE_PATIENCE * rate_predict_ms(g->rate, ahead) +
           LEASE_GRACE_MS;
}

struct grant *grant_add(struct coord *c, uint64_t id, struct thread *t, struct job *j,
                        uint64_t first, uint64_t count, uint32_t log2)
{
    struct grant *g = c->free_grants;
    if (g)
        c->free_grants = g->next;
    else
        g = mem_resize(NULL, 1, sizeof(*g));
    *g = (struct grant){.id = id,
                        .job = j,
                        .thread = t,
                        .first = first,
                        .count = count,
                        .log2 = log2,
                        .out = leases_mask(grant_leases(first, count, log2)),
                        .ahead = thread_held(t),
                        .rate = t->rate,
                        .granted_ms = c->now_ms};
    map_put(&c->grants, id, g);
    if (!t->head)
        t->progress_ms = c->now_ms;
    if (t->timer.item.place == 0 || t->timer.item.key > grant_deadline(g))
        timer_set(c, &t->timer, grant_deadline(g));
    *t->tail = g;
    t->tail = &g->next;
    t->in_hand++;
    return g;
}

void grant_remove(struct coord *c, struct grant *g)
{
    struct thread *t = g->thread;
    struct grant **link = &t->head;
    while (*link != g)
        link = &(*link)->next;
    *link = g->next;
    if (t->tail == &g->next)
        t->tail = link;
    t->in_hand--;
    if (!t->head)
        heap_remove(&c->timers, &t->timer.item);
    struct grant *slow = g->twin_of ? grant_of(c, g->twin_of) : NULL;
    if (slow)
        slow->doubled &= ~(UINT64_C(1) << g->twin_lease);
    map_remove(&c->grants, g->id);
    g->next = c->free_grants;
    c->free_grants = g;
    thread_hungry(c, t);
}

uint64_t grant_give_back(struct grant *g, uint64_t leases)
{
    uint64_t sum = 0;
    while (leases) {
        struct range r = next_run(g, &leases);
        sum += ledger_give_back(&g->job->ledger, g->id, r.first, r.first + r.count,
                                g->log2);
    }
    return sum;
}

void grant_cancel(struct coord *c, struct worker *w, uint64_t grant, uint64_t leases)
{
    uint64_t *a = arena_array(&c->arena, 2, sizeof(*a));
    a[0] = grant;
    a[1] = leases;
    struct msg m = {.type = MSG_CANCEL,
                    .leases = {.n = 1, .grant = a, .leases = a + 1}};
    send_msg(c, w->conn, &m);
}

void grants_release(struct coord *c, struct worker *w, uint32_t *ret_ranges,
                    uint64_t *ret_trials)
{
    *ret_ranges = 0;
    *ret_trials = 0;
    for (uint32_t i = 0; i < w->n_threads; i++) {
        while (w->threads[i].head) {
            struct grant *g = w->threads[i].head;
            uint64_t trials = grant_give_back(g, g->out);
            *ret_trials += trials;
            *ret_ranges += trials > 0;
            grant_remove(c, g);
        }
    }
}

static void drop_job_at(struct coord *c, struct job *j, struct worker *w)
{
    size_t room = 0;
    for (uint32_t t = 0; t < w->n_threads; t++)
        room += w->threads[t].in_hand;
    if (room == 0)
        return;
    uint64_t *grant = arena_array(&c->arena, room, sizeof(*grant));
    uint64_t *leases = arena_array(&c->arena, room, sizeof(*leases));
    struct msg m = {.type = MSG_CANCEL, .leases = {.grant = grant, .leases = leases}};
    for (uint32_t t = 0; t < w->n_threads; t++)
        for (struct grant *g = w->threads[t].head, *next; g; g = next) {
            next = g->next;
            if (g->job != j)
                continue;
            if (m.leases.n < CANCEL_MAX) {
                grant[m.leases.n] = g->id;
                leases[m.leases.n++] = g->out;
            }
            grant_remove(c, g);
        }
    /* What does not fit is computed in vain, and answered STALE. */
    if (m.leases.n && w->conn)
        send_msg(c, w->conn, &m);
}

void grants_drop_job(struct coord *c, struct job *j)
{
    ledger_close(&j->ledger);
    for (size_t i = 0; i < c->workers.n; i++)
        if (c->workers.items[i]->conn)
            drop_job_at(c, j, c->workers.items[i]);
}

void grant_token(struct coord *c, const struct job *j, uint64_t first, uint64_t count,
                 uint64_t worker, uint8_t ret[TOKEN_BYTES])
{
    uint8_t data[UID_BYTES + 24];
    uint64_t words[3] = {first, count, worker};
    for (size_t i = 0; i < UID_BYTES; i++)
        data[i] = j->record.uid[i];
    for (size_t i = 0; i < 24; i++)
        data[UID_BYTES + i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
    c->config.mac(c->config.ctx, data, sizeof(data), ret);
}

/*
 * A thread that is stuck on one lease will not come to the others: all that it holds
 * goes back, and what it has not begun is cancelled, so that it is free for something
 * new when it gets on.  The one that it computes may still fill its gap.
 */
static void expire_thread(struct coord *c, struct thread *t)
{
    uint64_t trials = 0;
    uint32_t ranges = 0;
    for (struct grant *g = t->head, *next; g; g = next) {
        next = g->next;
        uint64_t back = grant_give_back(g, g->out);
        uint64_t begun = g == t->head ? g->out & -g->out : 0;
        trials += back;
        ranges += back > 0;
        if (g->out != begun)
            grant_cancel(c, t->worker, g->id, g->out & ~begun);
        g->out = begun;
        g->expired = true;
        if (!begun)
            grant_remove(c, g);
    }
    struct note *n = note_add(c, NOTE_LEASE_EXPIRED);
    n->worker = t->worker->name;
    n->thread = (uint32_t)(t - t->worker->threads);
    n->trials = trials;
    n->ranges = ranges;
}

void thread_timer(struct coord *c, struct thread *t)
{
    int64_t at = INT64_MAX;
    for (const struct grant *g = t->head; g; g = g->next)
        if (!g->expired && grant_deadline(g) < at)
            at = grant_deadline(g);
    if (at <= c->now_ms)
        expire_thread(c, t);
    else if (at < INT64_MAX)
        timer_set(c, &t->timer, at);
}
