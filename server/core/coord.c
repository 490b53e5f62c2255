// SPDX-License-Identifier: MIT
/*
 * The step: time, dispatch of the input, then what follows from any change (leases
 * granted, a transaction begun), then the deadline.
 */
#include "server/core/coord.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "server/core/state.h"

/* ---- life ---- */

static void take_defaults(struct coord_config *config)
{
    if (config->grant_target_ms == 0)
        config->grant_target_ms = GRANT_LEASES_TARGET * LEASE_TARGET_MS;
    if (config->grant_leases == 0)
        config->grant_leases = GRANT_LEASES;
    if (config->grants_in_hand == 0)
        config->grants_in_hand = 2;
    if (config->transaction_leases == 0)
        config->transaction_leases = 65536;
    assert(config->grant_leases <= GRANT_LEASES && config->grants_in_hand <= HAND_MAX);
    assert(config->lease_log2 == 0 || (config->lease_log2 >= LEASE_LOG2_MIN &&
                                       config->lease_log2 <= LEASE_LOG2_MAX));
}

struct coord *coord_new(const struct coord_config *config)
{
    struct coord *c = mem_zero(1, sizeof(*c));
    c->config = *config;
    take_defaults(&c->config);
    strncpy(c->version, config->version, TEXT_BYTES);
    rng_init(&c->rng, config->random);
    map_init(&c->peers, rng_next(&c->rng));
    map_init(&c->known, rng_next(&c->rng));
    map_init(&c->names, rng_next(&c->rng));
    map_init(&c->bans, rng_next(&c->rng));
    map_init(&c->grants, rng_next(&c->rng));
    c->next_grant = rng_next(&c->rng);
    for (size_t i = 0; i <= HAND_MAX; i++)
        c->hungry_tail[i] = &c->hungry[i];
    heap_init(&c->timers);
    arena_init(&c->arena, 0);
    c->retry_ms = c->speculate_ms = -1;
    c->next_transaction = c->next_check = 1;
    map_init(&c->standings, rng_next(&c->rng));
    audits_init(&c->sampled);
    audits_init(&c->complete);
    c->audit_us = AUDIT_BURST_US;
    c->audit_speed = AUDIT_SPEED;
    map_init(&c->new_ids, rng_next(&c->rng));
    peer_connected(c, CONN_SELF, "", 0, true);
    ((struct peer *)map_get(&c->peers, CONN_SELF))->role = PEER_OPERATOR;
    return c;
}

static void map_free_values(struct map *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        free(m->slots[i].value);
    map_release(m);
}

void coord_free(struct coord *c)
{
    if (!c)
        return;
    map_free_values(&c->peers);
    map_free_values(&c->bans);
    audit_release(c);
    map_free_values(&c->grants);
    for (struct grant *g = c->free_grants; g;) {
        struct grant *next = g->next;
        free(g);
        g = next;
    }
    for (size_t i = 0; i < c->workers.n; i++)
        worker_free(c->workers.items[i]);
    for (size_t i = 0; i < c->jobs.n; i++)
        job_free(c->jobs.items[i]);
    for (struct watch *w = c->watches; w;) {
        struct watch *next = w->next;
        free(w);
        w = next;
    }
    map_release(&c->known);
    map_release(&c->names);
    map_release(&c->new_ids);
    transaction_release(&c->pending);
    transaction_release(&c->flight);
    free(c->workers.items);
    free(c->jobs.items);
    free(c->open.items);
    free(c->finals.items);
    free(c->waiting.items);
    free(c->rechecked.items);
    free(c->disputes.items);
    free(c->deferred.items);
    free(c->effects.items);
    heap_release(&c->timers);
    arena_release(&c->arena);
    free(c);
}

/* ---- an earlier life ---- */

static const char *restore_one(struct coord *c, const struct record *r)
{
    if (r->type == RECORD_BAN) {
        ban_keep(c, &r->ban);
        return NULL;
    }
    if (r->type == RECORD_STANDING) {
        audit_restore_standing(c, &r->standing);
        return NULL;
    }
    if (r->type == RECORD_JOB)
        return job_restore(c, r) ? NULL : "a job's record cannot be true";
    struct job *j = job_by_number(c, r->job);
    if (!j)
        return "a record names a job that is not there";
    switch (r->type) {
    case RECORD_ROW:
        return ledger_restore_row(&j->ledger, &r->row) ? "a row overlaps another, "
                                                         "leaves its cell or has more "
                                                         "hits than trials"
                                                       : NULL;
    case RECORD_SHARE:
        ledger_restore_share(&j->ledger, &r->share);
        return NULL;
    case RECORD_ANSWER:
        *LIST_PUSH(&c->finals) = (struct final){r->job, r->answer.trials,
                                                r->answer.hits, r->answer.elapsed_ms};
        return NULL;
    case RECORD_AUDIT:
        return audit_restore(c, j, &r->audit) ? NULL : "an audit cannot be true";
    case RECORD_JOB:
    case RECORD_BAN:
    case RECORD_CLEAR:
    case RECORD_STANDING:
    case RECORD_AUDITED:
        break;
    }
    return "a record of a type that a store does not hold";
}

int coord_restore(struct coord *c, const struct record *records, size_t n,
                  const char **ret_why)
{
    assert(!c->begun);
    for (size_t i = 0; i < n; i++) {
        const char *why = restore_one(c, &records[i]);
        if (why) {
            *ret_why = why;
            return -EBADMSG;
        }
    }
    for (size_t i = 0; i < c->jobs.n; i++) {
        struct job *j = c->jobs.items[i];
        if (!j) {
            *ret_why = "a job is missing";
            return -EBADMSG;
        }
        ledger_restored(&j->ledger);
        if (j->record.state == JOB_DONE && !ledger_complete(&j->ledger)) {
            *ret_why = "a job is done, but its rows do not cover it";
            return -EBADMSG;
        }
        if (job_ended(j))
            ledger_close(&j->ledger);
        else
            c->resume_ms = RESUME_MS; /* from the first step on */
        job_restored(j);
        /* A recomputation that held it back is forgotten: it may be done. */
        if (!job_ended(j))
            job_dirty(c, j);
    }
    audit_restored(c);
    return 0;
}

/* ---- the step ---- */

/*
 * The core's clock leaves out what nobody could have acted in: a step that comes over
 * a second after the deadline that was asked for (the process was stopped, the machine
 * slept) moves all deadlines by the lateness.
 */
static void take_time(struct coord *c, int64_t now_ms)
{
    if (!c->begun) {
        c->begun = true;
        c->late_ms = now_ms;
        c->asked_ms = now_ms;
        c->start_ms = c->now_ms = 0;
        return;
    }
    int64_t late = now_ms - c->asked_ms;
    if (late > LATE_MS) {
        c->late_ms += late;
        note_add(c, NOTE_CLOCK_LATE)->trials = (uint64_t)late;
    }
    assert(now_ms - c->late_ms >= c->now_ms);
    c->now_ms = now_ms - c->late_ms;
}

static void fire(struct coord *c, struct timer *t)
{
    heap_remove(&c->timers, &t->item);
    switch (t->type) {
    case TIMER_THREAD:
        thread_timer(c, container_of(t, struct thread, timer));
        break;
    case TIMER_WORKER:
        worker_timer(c, container_of(t, struct worker, timer));
        break;
    case TIMER_WATCH:
        watch_fire(c, container_of(t, struct watch, timer));
        break;
    }
}

static void tick(struct coord *c)
{
    struct heap_item *item;
    while ((item = heap_min(&c->timers)) && item->key <= c->now_ms)
        fire(c, container_of(item, struct timer, item));
    for (size_t i = 0; i < c->open.n; i++)
        job_tick(c, c->open.items[i]);
    commit_retry(c);
}

static void dispatch(struct coord *c, const struct input *input)
{
    switch (input->type) {
    case INPUT_CONNECTED:
        peer_connected(c, input->conn, input->address, input->origin, input->trusted);
        break;
    case INPUT_MESSAGE:
        peer_message(c, input->conn, input->message);
        break;
    case INPUT_LOST:
        peer_lost(c, input->conn);
        break;
    case INPUT_TICK:
        tick(c);
        break;
    case INPUT_DURABLE:
        commit_durable(c, input->transaction.id, input->transaction.status);
        break;
    case INPUT_RECOMPUTED:
        results_recomputed(c, input);
        break;
    case INPUT_TOKEN:
        right_answered(c, input);
        break;
    case INPUT_STOP:
        c->stopping = true;
        c->finish_leases = input->finish;
        break;
    }
}

static bool leases_out(const struct coord *c)
{
    for (size_t i = 0; i < c->open.n; i++)
        if (c->open.items[i]->ledger.leased.n)
            return true;
    return false;
}

static void stop_if_done(struct coord *c)
{
    if (!c->stopping || c->stopped || !commit_idle(c) ||
        (c->finish_leases && leases_out(c)))
        return;
    c->stopped = true;
    for (size_t i = 0; i < c->workers.n; i++) {
        struct worker *w = c->workers.items[i];
        if (!w->conn)
            continue;
        struct msg bye = {.type = MSG_BYE, .bye.reason = "the coordinator stops"};
        send_msg(c, w->conn, &bye);
    }
    effect_add(c, EFFECT_STOPPED, 0);
}

static int64_t deadline(const struct coord *c)
{
    int64_t at = c->now_ms + TICK_MS;
    const struct heap_item *item = heap_min(&c->timers);
    if (item && item->key < at)
        at = item->key;
    if (c->speculate_ms >= 0 && c->speculate_ms < at)
        at = c->speculate_ms;
    if (c->retry_ms >= 0 && c->retry_ms < at)
        at = c->retry_ms;
    if (c->resume_ms > c->now_ms && c->resume_ms < at)
        at = c->resume_ms;
    for (size_t i = 0; i < c->open.n; i++) {
        int64_t job = job_deadline(c, c->open.items[i]);
        at = job < at ? job : at;
    }
    if (audit_deadline(c) < at)
        at = audit_deadline(c);
    return at > c->now_ms ? at : c->now_ms + 1;
}

void coord_step(struct coord *c, const struct input *input, struct update *ret)
{
    assert(!c->stepping);
    c->stepping = true;
    c->effects.n = 0;
    arena_reset(&c->arena);
    take_time(c, input->now_ms);
    dispatch(c, input);
    schedule_run(c);
    audit_run(c);
    commit_flush(c);
    stop_if_done(c);
    c->asked_ms = deadline(c) + c->late_ms;
    *ret = (struct update){c->effects.items, c->effects.n, c->asked_ms};
    c->stepping = false;
}

/* ---- for tests ---- */

static void check_grant(const struct coord *c, const struct grant *g)
{
    assert(map_get(&c->grants, g->id) == g);
    uint32_t n = grant_leases(g->first, g->count, g->log2);
    assert(n >= 1 && n <= GRANT_LEASES && g->out && !(g->out & ~leases_mask(n)));
    bool listed = false;
    for (const struct grant *q = g->thread->head; q; q = q->next)
        listed |= q == g;
    assert(listed);
}

/* Every leased range belongs to a grant whose worker has yet to report it. */
static void check_leased(const struct coord *c, const struct job *j)
{
    const struct span_set *s = &j->ledger.leased;
    for (struct span_at at = span_begin(); span_valid(s, at); at = span_next(s, at)) {
        const struct span *x = span_get(s, at);
        const struct grant *g = map_get(&c->grants, x->tag);
        assert(g && g->job == j && g->first <= x->first &&
               x->end <= g->first + g->count);
        for (uint64_t t = x->first; t < x->end;) {
            uint32_t i = (uint32_t)((t >> g->log2) - (g->first >> g->log2));
            struct range r = grant_lease(g->first, g->count, g->log2, i);
            assert(g->out >> i & 1);
            t = r.first + r.count;
        }
    }
}

void coord_check(const struct coord *c)
{
    for (size_t i = 0; i < c->grants.capacity; i++)
        if (c->grants.slots[i].value)
            check_grant(c, c->grants.slots[i].value);
    for (size_t i = 0; i < c->jobs.n; i++) {
        const struct job *j = c->jobs.items[i];
        ledger_check(&j->ledger);
        check_leased(c, j);
        if (job_ended(j))
            assert(j->ledger.leased.n == 0 && j->ledger.free.n == 0);
    }
    for (size_t i = 0; i < c->workers.n; i++) {
        const struct worker *w = c->workers.items[i];
        assert(w->index == i && map_get(&c->known, w->id) == w);
        for (uint32_t t = 0; t < w->n_threads; t++) {
            uint32_t n = 0;
            for (const struct grant *g = w->threads[t].head; g; g = g->next)
                n++;
            assert(n == w->threads[t].in_hand);
        }
    }
}
