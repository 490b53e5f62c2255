// SPDX-License-Identifier: MIT
/*
 * Grants: what each thread of each worker holds, and how it returns.  schedule.c
 * decides which thread gets which range.
 */
#include "server/core/grant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/draw.h"
#include "server/core/effects.h"
#include "server/core/rate.h"
#include "server/core/ready.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "server/core/turn.h"

#define GRANT_NUMBER_END (UINT64_C(1) << 63)

enum {
    LEASE_GRACE_MS = 10000,
    PROGRAM_GRACE_MS = 60000, /* of a program, which may have to start first */
    LEASE_PATIENCE = 10,      /* deadline: the prediction times this, plus the grace, */
    LEASE_STILL_MS = 600000,  /* and never so long after the thread was seen to go on */
    LATE_LEAST_MS = 100,      /* no lease is late before */
    PROBATION_LOG2 = 20
};

void grant_init(struct coord *c)
{
    c->grants.places = 64;
    c->grants.at = mem_zero(c->grants.places, sizeof(*c->grants.at));
    c->grants.next_id = 1;
}

void grant_release(struct coord *c)
{
    for (size_t i = 0; i < c->grants.places; i++)
        for (struct grant *g = c->grants.at[i], *next; g; g = next) {
            next = g->same_place;
            free(g);
        }
    free(c->grants.at);
    heap_release(&c->grants.late);
    for (struct grant *g = c->grants.spare, *next; g; g = next) {
        next = g->next;
        free(g);
    }
}

/* ---- by number ---- */

/* Numbers follow one another and no peer chooses them: without a hash, a place has one
 * grant or two, and those of a message stand side by side. */
static struct grant **place_of(const struct coord *c, uint64_t id)
{
    return &c->grants.at[id & (c->grants.places - 1)];
}

struct grant *grant_of(const struct coord *c, uint64_t id)
{
    struct grant *g = *place_of(c, id);
    while (g && g->id != id)
        g = g->same_place;
    return g;
}

static void put(struct coord *c, struct grant *g)
{
    struct grant **place = place_of(c, g->id);
    g->same_place = *place;
    *place = g;
}

static void number_add(struct coord *c, struct grant *g)
{
    if (c->grants.n++ == c->grants.places) {
        size_t n = c->grants.places;
        struct grant **old = c->grants.at;
        c->grants.places = 2 * n;
        c->grants.at = mem_zero(2 * n, sizeof(*old));
        for (size_t i = 0; i < n; i++)
            for (struct grant *x = old[i], *next; x; x = next) {
                next = x->same_place;
                put(c, x);
            }
        free(old);
    }
    put(c, g);
}

static void number_remove(struct coord *c, struct grant *g)
{
    struct grant **link = place_of(c, g->id);
    while (*link != g)
        link = &(*link)->same_place;
    *link = g->same_place;
    c->grants.n--;
}

/* ---- by its worker's number ---- */

struct grant *grant_held(const struct coord *c, const struct worker *w, uint64_t wire)
{
    struct grant *g = map_get(&w->resumed, wire);
    if (!g)
        g = grant_of(c, wire - w->wire_base);
    return g && g->thread->worker == w && g->wire == wire ? g : NULL;
}

uint64_t grant_new_id(struct coord *c)
{
    return c->grants.next_id++;
}

bool grant_named(struct coord *c, struct worker *w, uint64_t wire)
{
    assert(!w->ready);
    if (wire < c->grants.next_id + w->wire_base)
        return true;
    if (wire >= GRANT_NUMBER_END)
        return false;
    w->wire_base = wire - c->grants.next_id + 1;
    return true;
}

void grants_keep_names(struct worker *w)
{
    for (uint32_t i = 0; i < w->n_threads; i++)
        for (struct grant *g = w->threads[i].head; g; g = g->next)
            map_put(&w->resumed, g->wire, g);
}

void grant_rename(struct grant *g, uint64_t wire)
{
    assert(!map_get(&g->thread->worker->resumed, wire));
    g->wire = wire;
    map_put(&g->thread->worker->resumed, wire, g);
}

/* Removes the first run of adjacent leases from the mask and returns its range. */
static struct range next_run(const struct grant *g, uint64_t *leases)
{
    uint32_t i = (uint32_t)__builtin_ctzll(*leases), n = i;
    while (n < 64 && *leases >> n & 1)
        *leases &= ~(UINT64_C(1) << n++);
    struct range a = grant_lease(g->first, g->count, g->log2, i);
    struct range b = grant_lease(g->first, g->count, g->log2, n - 1);
    return (struct range){a.first, b.first + b.count - a.first};
}

/* Leases that a resuming worker has not listed will be free once its Resume is
 * complete, so they are not counted. */
static uint64_t grant_held_trials(const struct grant *g)
{
    uint64_t sum = 0;
    for (uint64_t bits = g->thread->worker->ready || g->resumed ? g->outstanding : 0;
         bits;)
        sum += next_run(g, &bits).count;
    return sum;
}

uint64_t thread_held(const struct thread *t, const struct program *of, int64_t *ret_ms)
{
    uint64_t sum = 0;
    *ret_ms = 0;
    for (const struct grant *g = t->head; g; g = g->next)
        if (g->job->program == of)
            sum += grant_held_trials(g);
        else
            *ret_ms += rate_predict_ms(g->rate, grant_held_trials(g));
    return sum;
}

int64_t grant_predict_ms(const struct grant *g, uint32_t lease)
{
    struct range r = grant_lease(g->first, g->count, g->log2, lease);
    return g->queued_ms +
           rate_predict_ms(g->rate, g->queued_before + (r.first + r.count - g->first));
}

int64_t grant_deadline(const struct grant *g)
{
    int64_t ms = grant_predict_ms(g, (uint32_t)__builtin_ctzll(g->outstanding));
    int64_t grace = program_is_pi(g->job->program) ? LEASE_GRACE_MS : PROGRAM_GRACE_MS;
    int64_t at = g->granted_ms + LEASE_PATIENCE * ms + grace;
    int64_t moved =
        g->thread->progress_ms > g->granted_ms ? g->thread->progress_ms : g->granted_ms;
    return at < moved + LEASE_STILL_MS ? at : moved + LEASE_STILL_MS;
}

uint32_t grant_log2_most(const struct coord *c, const struct thread *t,
                         const struct job *j)
{
    const struct standing *s = standing_in(t->worker->standing, j->program);
    bool probation = (!s || s->passed < PROBATION_RESULTS) &&
                     !draw_exempt(c, j, t->worker->standing);
    return probation ? PROBATION_LOG2 : LEASE_LOG2_MAX;
}

static bool owning(const struct grant *g)
{
    return !g->copy && !g->expired;
}

static void link_grant(struct grant *g)
{
    struct job *j = g->job;
    g->job_next = j->grants;
    g->job_link = &j->grants;
    if (j->grants)
        j->grants->job_link = &g->job_next;
    j->grants = g;
    g->thread->worker->copies += g->copy;
    if (!g->of)
        return;
    g->next_copy = g->of->copies;
    g->of->copies = g;
}

static void unlink_grant(struct grant *g)
{
    *g->job_link = g->job_next;
    if (g->job_next)
        g->job_next->job_link = g->job_link;
    for (struct grant *d = g->copies; d; d = d->next_copy)
        d->of = NULL;
    g->thread->worker->copies -= g->copy;
    struct grant **link = g->of ? &g->of->copies : NULL;
    while (link && *link != g)
        link = &(*link)->next_copy;
    if (link)
        *link = g->next_copy;
}

struct grant *grant_add(struct coord *c, const struct grant_new *what)
{
    struct thread *t = what->thread;
    uint32_t n = grant_leases(what->first, what->count, what->log2);
    assert(n >= 1 && n <= GRANT_LEASES && !grant_of(c, what->id));
    struct grant *g = c->grants.spare;
    if (g)
        c->grants.spare = g->next;
    else
        g = mem_resize(NULL, 1, sizeof(*g));
    *g = (struct grant){.id = what->id,
                        .wire = what->id + t->worker->wire_base,
                        .job = what->job,
                        .thread = t,
                        .first = what->first,
                        .count = what->count,
                        .log2 = what->log2,
                        .outstanding = leases_mask(n),
                        .rate = rate_expected(rate_pace(t, what->job->program)),
                        .copy = what->of || what->slice,
                        .of = what->of,
                        .slice = what->slice,
                        .granted_ms = c->clock.now_ms};
    g->queued_before = thread_held(t, what->job->program, &g->queued_ms);
    number_add(c, g);
    if (!t->head)
        rate_begin(c, t);
    if (t->timer.item.place == 0 || t->timer.item.key > grant_deadline(g))
        timer_set(c, &t->timer, grant_deadline(g));
    if (!t->late.place)
        heap_set(&c->grants.late, &t->late, c->clock.now_ms + LATE_LEAST_MS);
    link_grant(g);
    c->grants.owning += owning(g);
    *t->tail = g;
    t->tail = &g->next;
    t->in_hand++;
    return g;
}

void grant_drop_slice(struct coord *c, struct grant *g)
{
    if (g->slice)
        slices_lost(c, g->slice);
    g->slice = 0;
}

void grant_remove(struct coord *c, struct grant *g)
{
    struct thread *t = g->thread;
    struct grant **link = &t->head;
    while (*link != g)
        link = &(*link)->next;
    assert(t->in_hand > 0);
    *link = g->next;
    if (t->tail == &g->next)
        t->tail = link;
    t->in_hand--;
    if (!t->head)
        heap_remove(&c->out.timers, &t->timer.item);
    c->grants.owning -= owning(g);
    unlink_grant(g);
    grant_drop_slice(c, g);
    number_remove(c, g);
    if (t->worker->resumed.n && map_get(&t->worker->resumed, g->wire) == g)
        map_remove(&t->worker->resumed, g->wire);
    g->next = c->grants.spare;
    c->grants.spare = g;
    ready_add(c, t);
}

uint64_t grant_give_back(struct coord *c, struct grant *g, uint64_t leases)
{
    uint64_t sum = 0;
    const struct bounds kept = {g->log2, c->clock.now_ms + RESUME_MS};
    while (leases) {
        struct range r = next_run(g, &leases);
        sum +=
            ledger_give_back(&g->job->ledger, g->id, r.first, r.first + r.count, kept);
    }
    if (sum > 0)
        turn_offer_again(c, g->job);
    if (g->job->time_up)
        timer_set(c, &g->job->timer, c->clock.now_ms); /* it may have been the last */
    return sum;
}

void grant_cancel(struct coord *c, struct worker *w, uint64_t wire, uint64_t leases)
{
    uint64_t *a = arena_array(&c->out.arena, 2, sizeof(*a));
    a[0] = wire;
    a[1] = leases;
    struct msg m = {.type = MSG_CANCEL,
                    .leases = {.n = 1, .grant = a, .leases = a + 1}};
    send_msg(c, w->conn, &m);
}

void grant_renew(struct coord *c, struct grant *g)
{
    assert(g->expired);
    g->expired = false;
    g->granted_ms = c->clock.now_ms;
    c->grants.owning += owning(g);
    grant_timer(c, g->thread);
}

void grants_release_worker(struct coord *c, struct worker *w, uint32_t *ret_ranges,
                           uint64_t *ret_trials)
{
    *ret_ranges = 0;
    *ret_trials = 0;
    for (uint32_t i = 0; i < w->n_threads; i++) {
        while (w->threads[i].head) {
            struct grant *g = w->threads[i].head;
            uint64_t trials = grant_give_back(c, g, g->outstanding);
            *ret_trials += trials >> job_unit(g->job);
            *ret_ranges += trials > 0;
            grant_remove(c, g);
        }
        heap_remove(&c->grants.late, &w->threads[i].late);
    }
}

void grants_drop_job(struct coord *c, struct job *j)
{
    ledger_close(&j->ledger);
    while (j->grants) {
        struct grant *g = j->grants;
        if (g->thread->worker->conn)
            grant_cancel(c, g->thread->worker, g->wire, g->outstanding);
        grant_remove(c, g);
    }
}

/* The highest byte first. */
static void put_word(uint8_t *at, uint64_t word)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        word = __builtin_bswap64(word);
    memcpy(at, &word, sizeof(word));
}

void grant_token(struct coord *c, const struct job *j, uint64_t first, uint64_t count,
                 uint64_t worker, uint8_t ret[TOKEN_BYTES])
{
    uint8_t data[UID_BYTES + 24];
    memcpy(data, j->record.uid, UID_BYTES);
    put_word(data + UID_BYTES, first);
    put_word(data + UID_BYTES + 8, count);
    put_word(data + UID_BYTES + 16, worker);
    c->config.mac(c->config.ctx, data, sizeof(data), ret);
}

/*
 * The thread is stuck on one lease and will not get to the others.  All that it holds
 * goes back to the queue, and what it has not begun is cancelled, so that it is free
 * for new work when it continues.  The lease that it computes may still fill its gap.
 */
static void expire_thread(struct coord *c, struct thread *t)
{
    uint64_t trials = 0;
    uint32_t ranges = 0;
    for (struct grant *g = t->head, *next; g; g = next) {
        next = g->next;
        uint64_t back = grant_give_back(c, g, g->outstanding);
        uint64_t begun = g == t->head ? g->outstanding & -g->outstanding : 0;
        trials += back >> job_unit(g->job);
        ranges += back > 0;
        grant_drop_slice(c, g);
        if (g->outstanding != begun)
            grant_cancel(c, t->worker, g->wire, g->outstanding & ~begun);
        g->outstanding = begun;
        c->grants.owning -= owning(g);
        g->expired = true;
        if (!begun)
            grant_remove(c, g);
    }
    event_add(
        c, (struct event){EVENT_LEASE_EXPIRED,
                          .expired = {.worker = t->worker->name,
                                      .trials = trials,
                                      .ranges = ranges,
                                      .thread = (uint32_t)(t - t->worker->threads)}});
}

void grant_timer(struct coord *c, struct thread *t)
{
    int64_t at = INT64_MAX;
    for (const struct grant *g = t->head; g; g = g->next)
        if (!g->expired && grant_deadline(g) < at)
            at = grant_deadline(g);
    if (at <= c->clock.now_ms)
        expire_thread(c, t);
    else if (at < INT64_MAX)
        timer_set(c, &t->timer, at);
}

static void check_one(const struct coord *c, const struct grant *g)
{
    assert(grant_of(c, g->id) == g && grant_held(c, g->thread->worker, g->wire) == g);
    uint32_t n = grant_leases(g->first, g->count, g->log2);
    assert(n >= 1 && n <= GRANT_LEASES);
    assert(g->outstanding && !(g->outstanding & ~leases_mask(n)));
    for (const struct grant *d = g->copies; d; d = d->next_copy)
        assert(d->of == g && d->copy && d->job == g->job);
    bool listed = false;
    for (const struct grant *q = g->thread->head; q; q = q->next)
        listed |= q == g;
    assert(listed);
}

void grant_check(const struct coord *c)
{
    size_t n = 0, all = 0;
    uint32_t lent = 0;
    for (size_t i = 0; i < c->grants.places; i++)
        for (const struct grant *g = c->grants.at[i]; g; g = g->same_place) {
            check_one(c, g);
            all++;
            n += owning(g);
            lent += g->slice != 0;
        }
    assert(all == c->grants.n && n == c->grants.owning && lent == c->slices.lent);
}
