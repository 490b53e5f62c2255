// SPDX-License-Identifier: MIT
/*
 * Jobs: which there are, how long each runs, and what is shown of it.
 */
#include "server/core/job.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/audit.h"
#include "server/core/draw.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/grant.h"
#include "server/core/kind.h"
#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "server/core/rows.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"
#include "server/core/turn.h"

enum {
    RATE_TAU_MS = 3000, /* time constant that smooths the displayed rate */
    RATE_TRIALS = 8,    /* of a program: and so many trials' time */
    RATE_STEP_MS = 250  /* minimum time between two updates of it */
};

/* The place in jobs.all of the first job whose number is not smaller. */
static size_t place_of(const struct coord *c, uint64_t number)
{
    size_t low = 0, high = c->jobs.all.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (c->jobs.all.items[mid]->number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct job *job_by_number(const struct coord *c, uint64_t number)
{
    size_t at = place_of(c, number);
    struct job *j = at < c->jobs.all.n ? c->jobs.all.items[at] : NULL;
    return j && j->number == number ? j : NULL;
}

struct job *job_current(const struct coord *c)
{
    struct job *best = NULL;
    for (size_t i = 0; i < c->jobs.active.n; i++)
        if (!best || c->jobs.active.items[i]->number > best->number)
            best = c->jobs.active.items[i];
    return best || c->jobs.all.n == 0 ? best : c->jobs.all.items[c->jobs.all.n - 1];
}

static uint64_t uid_hash(const struct coord *c, const uint8_t uid[UID_BYTES])
{
    return sip_hash(entropy_map_key(c), uid, UID_BYTES);
}

struct job *job_by_uid(const struct coord *c, const uint8_t uid[UID_BYTES])
{
    struct job *j = map_get(&c->jobs.by_uid, uid_hash(c, uid));
    return j && !memcmp(j->record.uid, uid, UID_BYTES) ? j : NULL;
}

struct job *job_by_request(const struct coord *c, const uint8_t request[UID_BYTES])
{
    struct job *j = map_get(&c->jobs.by_request, uid_hash(c, request));
    return j && !j->removed && !memcmp(j->record.request, request, UID_BYTES) ? j
                                                                              : NULL;
}

bool job_ended(const struct job *j)
{
    return j->record.state >= JOB_DONE;
}

bool job_leasable(const struct job *j)
{
    return (j->record.state == JOB_QUEUED || j->record.state == JOB_RUNNING) &&
           j->shown.there && !j->time_up && !j->stderr_end;
}

static void job_free(struct job *j)
{
    ledger_release(&j->ledger);
    free(j->passed_rows.items);
    map_release(&j->whole);
    free(j);
}

void job_release(struct coord *c)
{
    for (size_t i = 0; i < c->jobs.all.n; i++)
        job_free(c->jobs.all.items[i]);
    free(c->jobs.all.items);
    free(c->jobs.active.items);
    free(c->jobs.answers.items);
    map_release(&c->jobs.by_uid);
    map_release(&c->jobs.by_request);
}

/* ---- elapsed time ---- */

int64_t job_elapsed_at(const struct job *j, int64_t now_ms)
{
    return j->record.elapsed_ms + (j->run_ms < 0 ? 0 : now_ms - j->run_ms);
}

void job_elapse(struct coord *c, struct job *j)
{
    j->record.elapsed_ms = job_elapsed_at(j, c->clock.now_ms);
    if (j->run_ms >= 0)
        j->run_ms = c->clock.now_ms;
}

/* All that is counted: while the end is not known, what is done is a prefix, which
 * leaps where a hole in it is filled. */
static uint64_t counted(const struct job *j)
{
    return j->shown.tally.done + j->shown.surplus;
}

/* From now on its time counts, and what it does in it is its rate. */
static void run(const struct coord *c, struct job *j)
{
    j->run_ms = c->clock.now_ms;
    j->rate = 0;
    j->rate_known = false;
    j->rate_ms = c->clock.now_ms ? c->clock.now_ms : 1;
    j->rate_done = counted(j);
}

void job_set_state(struct coord *c, struct job *j, enum job_state state,
                   enum event_type event)
{
    assert(state >= JOB_QUEUED && state <= JOB_FAILED);
    job_elapse(c, j);
    j->record.state = state;
    j->run_ms = -1;
    if (state == JOB_RUNNING)
        run(c, j);
    j->event = event;
    j->has_event = true;
    transaction_job(c, j);
    job_changed(c, j);
}

void job_started(struct coord *c, struct job *j)
{
    if (j->record.state == JOB_QUEUED) {
        if (j->ledger.total.done == 0) /* what was extended has begun before */
            j->record.started_ms = c->clock.wall_ms;
        /* If another event of this transaction is pending for the job, that one is
         * reported. */
        job_set_state(c, j, JOB_RUNNING, j->has_event ? j->event : EVENT_JOB_STARTED);
    } else if (j->record.state == JOB_RUNNING && j->run_ms < 0) {
        run(c, j); /* first lease in this process */
        job_changed(c, j);
    }
}

/* ---- its length, and what is shown of it ---- */

static uint64_t first_limit(const struct job_record *r)
{
    return r->trials ? r->trials : TRIALS_MAX;
}

void job_show(const struct job *j, struct shown *ret)
{
    const struct ledger *l = &j->ledger;
    *ret = (struct shown){.there = true,
                          .state = j->record.state,
                          .trials = j->record.trials,
                          .tally = l->total,
                          .elapsed_ms = j->record.elapsed_ms,
                          .started_ms = j->record.started_ms,
                          .ended_ms = j->record.ended_ms,
                          .surplus = ledger_surplus(l)};
    struct range first;
    if (l->total.doubtful && ledger_next_doubtful(l, 0, &first))
        ret->doubt_first = first.first;
    if (j->record.trials)
        return;
    /* While the end is not known, the displayed tally is that of the prefix without a
     * hole, up to the possible end. */
    uint64_t end = j->stderr_end ? j->stderr_end : l->prefix;
    ret->tally.done = end;
    ret->tally.hits = j->stderr_end ? rows_prefix_hits(l, end) : l->prefix_hits;
    ret->tally.verified_done = end;
    ret->tally.verified_hits = ret->tally.hits;
    if (l->total.verified_done != l->total.done)
        ledger_prefix_verified(l, end, &ret->tally.verified_done,
                               &ret->tally.verified_hits);
    ret->surplus = l->rows.total - end;
}

void job_activate(struct coord *c, struct job *j)
{
    j->kind = kind_of(c, j->program, j->of.test_known, j->of.test);
    assert(j->kind); /* who adds a job has asked */
    kind_hold(j->kind);
    j->active_at = c->jobs.active.n;
    *VEC_PUSH(&c->jobs.active) = j;
    map_put(&c->jobs.by_uid, uid_hash(c, j->record.uid), j);
    job_changed(c, j);
}

/* Whose results nobody audits cannot be found out later: their rows need no author. */
static bool share_trusted(const struct coord *c, const struct job *j,
                          const struct share *share)
{
    const struct standing *s = map_get(&c->standings.by_worker, share->worker);
    return s && draw_exempt(c, j, s);
}

void job_end(struct coord *c, struct job *j, enum job_state state,
             enum event_type event)
{
    assert(!job_ended(j) && state >= JOB_DONE);
    j->record.ended_ms = c->clock.wall_ms;
    job_set_state(c, j, state, event);
    grants_drop_job(c, j);
    for (size_t i = 1; i < j->ledger.n_shares; i++)
        j->ledger.shares[i].trusted = share_trusted(c, j, &j->ledger.shares[i]);
    c->jobs.active.items[j->active_at] = c->jobs.active.items[--c->jobs.active.n];
    c->jobs.active.items[j->active_at]->active_at = j->active_at;
    map_remove(&c->jobs.by_uid, uid_hash(c, j->record.uid));
    standing_sure_all(c, j);
    if (!kind_own(c, j))
        audit_forget_job(c, j); /* workers have recomputed it while it was open */
    turn_leave(j);
    kind_drop(j->kind);
    j->kind = NULL;
    heap_remove(&c->out.timers, &j->timer.item);
}

static void tick_time_rule(struct coord *c, struct job *j)
{
    if (j->record.state == JOB_PAUSED || c->clock.now_ms < c->jobs.resume_ms)
        return;
    if (!j->time_up && j->record.elapsed_ms >= j->record.for_ms) {
        j->time_up = true;
        j->time_up_ms = c->clock.now_ms + JOB_LATE_MS;
    }
    if (j->time_up && !j->leases_done &&
        (j->ledger.leased.n == 0 || c->clock.now_ms >= j->time_up_ms)) {
        j->leases_done = true;
        transaction_job(c, j);
    }
}

/* When the stop rule by time has to be looked at; INT64_MAX: never, as things are. */
static int64_t time_rule_due(const struct coord *c, const struct job *j)
{
    if (j->record.rule != STOP_TIME || j->record.trials || j->leases_done ||
        job_ended(j) || j->record.state == JOB_PAUSED)
        return INT64_MAX;
    int64_t left = j->record.for_ms - j->record.elapsed_ms, at = c->clock.now_ms;
    if (j->time_up)
        at = j->ledger.leased.n ? j->time_up_ms : at;
    else if (left > 0 && j->run_ms < 0)
        return INT64_MAX;
    else if (left > 0)
        at = j->run_ms + left;
    return at > c->jobs.resume_ms ? at : c->jobs.resume_ms;
}

void job_changed(struct coord *c, struct job *j)
{
    if (!job_ended(j))
        turn_offer(c, j);
    int64_t at = time_rule_due(c, j);
    if (at < INT64_MAX)
        timer_set(c, &j->timer, at);
    else
        heap_remove(&c->out.timers, &j->timer.item);
}

void job_timer(struct coord *c, struct job *j)
{
    job_elapse(c, j);
    tick_time_rule(c, j);
    job_changed(c, j);
}

/* ---- the beginning ---- */

/* The highest number that was ever given to a job. */
static uint64_t last_number(const struct coord *c)
{
    size_t n = c->jobs.all.n;
    uint64_t last = n ? c->jobs.all.items[n - 1]->number : 0;
    return last > c->jobs.removed ? last : c->jobs.removed;
}

static struct job *add_as(struct coord *c, const struct job_record *r, uint64_t number,
                          const struct program_record *of)
{
    struct job *j = mem_zero(1, sizeof(*j));
    j->record = *r;
    j->of = of ? *of : (struct program_record){.scale = SCALE_PI};
    j->program = program_of(c, j->of.name);
    j->of_dirty = of;
    assert(j->program);
    j->timer.type = TIMER_JOB;
    j->run_ms = -1;
    *VEC_PUSH(&c->jobs.all) = j;
    j->number = number;
    struct job *same = map_get(&c->jobs.by_request, uid_hash(c, r->request));
    if (!same || same->removed)
        map_put(&c->jobs.by_request, uid_hash(c, r->request), j);
    map_init(&j->whole, entropy_map_key(c));
    ledger_init(&j->ledger, j->number, first_limit(r), entropy_map_key(c));
    if (!job_ended(j))
        job_activate(c, j);
    return j;
}

struct job *job_add(struct coord *c, const struct job_record *r,
                    const struct program_record *of)
{
    return add_as(c, r, last_number(c) + 1, of);
}

bool job_fits(struct coord *c, const struct program_record *of)
{
    struct program *p = program_of(c, of->name);
    return p && kind_of(c, p, of->test_known, of->test);
}

/* Before it is known what it counts, a job that is restored is one of pi. */
bool job_restore_program(struct coord *c, struct job *j, const struct program_record *r)
{
    bool open = !job_ended(j);
    if (!*r->name || *j->of.name || !(r->scale >= 1 / SCALE_MAX) ||
        r->scale > SCALE_MAX || !job_fits(c, r))
        return false;
    if (open) {
        turn_leave(j);
        kind_drop(j->kind);
    }
    j->of = *r;
    j->program = program_of(c, r->name);
    if (!open)
        return true;
    j->kind = kind_of(c, j->program, r->test_known, r->test);
    kind_hold(j->kind);
    job_changed(c, j);
    return true;
}

void job_know_tests(struct coord *c, const struct kind *k)
{
    for (size_t i = 0; i < c->jobs.active.n; i++) {
        struct job *j = c->jobs.active.items[i];
        if (j->kind != k)
            continue;
        j->of.test_known = true;
        j->of.test = k->test;
        j->of_dirty = true;
        transaction_job(c, j);
    }
}

void job_remove(struct coord *c, struct job *j)
{
    size_t at = place_of(c, j->number), kept = 0;
    assert(j->removed && !j->dirty && job_ended(j) && c->jobs.all.items[at] == j);
    c->jobs.removed = j->number > c->jobs.removed ? j->number : c->jobs.removed;
    memmove(c->jobs.all.items + at, c->jobs.all.items + at + 1,
            (--c->jobs.all.n - at) * sizeof(struct job *));
    for (size_t i = 0; i < c->jobs.answers.n; i++)
        if (c->jobs.answers.items[i].job != j->number)
            c->jobs.answers.items[kept++] = c->jobs.answers.items[i];
    c->jobs.answers.n = kept;
    if (map_get(&c->jobs.by_request, uid_hash(c, j->record.request)) == j)
        map_remove(&c->jobs.by_request, uid_hash(c, j->record.request));
    heap_remove(&c->out.timers, &j->timer.item);
    job_free(j);
}

bool job_missing(const struct coord *c)
{
    uint64_t removed = c->jobs.removed, last = last_number(c);
    return c->jobs.all.n - place_of(c, removed + 1) != last - removed;
}

struct job *job_restore(struct coord *c, const struct record *r)
{
    if (r->job <= last_number(c) || r->job_.trials > TRIALS_MAX || !r->job_.weight ||
        r->job_.state < JOB_QUEUED || r->job_.state > JOB_FAILED ||
        r->job_.rule > STOP_TIME || r->job_.audit > AUDIT_NONE ||
        r->job_.exclusions > EXCLUSIONS_WHOLE ||
        (!r->job_.trials && (r->job_.rule == STOP_TRIALS || r->job_.state == JOB_DONE)))
        return NULL;
    struct job *j = add_as(c, &r->job_, r->job, NULL);
    j->resume_floor = j->granted_end = r->job_.frontier;
    return j;
}

/* Between two results of trials that take long nothing is to be seen: it is the time of
 * some of them that counts. */
static double rate_tau_ms(const struct job *j)
{
    double rate = j->program->seen > 0 ? j->program->seen : j->rate;
    if (program_is_pi(j->program))
        return RATE_TAU_MS;
    return RATE_TAU_MS + RATE_TRIALS * (double)(1 << UNIT_LOG2) * 1000 / rate;
}

double job_rate_at(const struct job *j, int64_t now_ms)
{
    int64_t dt = now_ms - j->rate_ms;
    uint64_t done = counted(j);
    if (j->rate_ms == 0)
        return 0;
    if (dt < RATE_STEP_MS)
        return j->rate;
    double now =
        done > j->rate_done ? (double)(done - j->rate_done) * 1000 / (double)dt : 0;
    double weight = j->rate_known ? 1 - exp(-(double)dt / rate_tau_ms(j)) : 1;
    double rate = j->rate + weight * (now - j->rate);
    return rate < 1 ? 0 : rate;
}

void job_rate(const struct coord *c, struct job *j)
{
    bool none = !j->rate_known && counted(j) <= j->rate_done;
    if (j->rate_ms != 0 && (none || c->clock.now_ms - j->rate_ms < RATE_STEP_MS))
        return; /* the first result has taken all that time */
    j->rate = job_rate_at(j, c->clock.now_ms);
    j->rate_known = j->rate_ms != 0;
    j->rate_ms = c->clock.now_ms ? c->clock.now_ms : 1;
    j->rate_done = counted(j);
}

/* Asserts that slots are dealt to workers that are here. */
static void check_dealt(const struct coord *c, const struct job *j)
{
    const struct span_set *s = &j->ledger.dealt;
    for (struct span_at at = span_begin(); span_valid(s, at); at = span_next(s, at)) {
        const struct worker *w = map_get(&c->fleet.by_id, span_get(s, at)->tag);
        assert(w && w->conn && !w->draining);
    }
}

/* Asserts that every leased range belongs to a grant whose worker has yet to report
 * it. */
static void check_leased(const struct coord *c, const struct job *j)
{
    const struct span_set *s = &j->ledger.leased;
    for (struct span_at at = span_begin(); span_valid(s, at); at = span_next(s, at)) {
        const struct span *x = span_get(s, at);
        const struct grant *g = grant_of(c, x->tag);
        assert(g && g->job == j && g->first <= x->first &&
               x->end <= g->first + g->count);
        for (uint64_t t = x->first; t < x->end;) {
            uint32_t i = (uint32_t)((t >> g->log2) - (g->first >> g->log2));
            struct range r = grant_lease(g->first, g->count, g->log2, i);
            assert(g->outstanding >> i & 1);
            t = r.first + r.count;
        }
    }
}

void job_check(const struct coord *c)
{
    size_t active = 0;
    for (size_t i = 0; i < c->jobs.all.n; i++) {
        const struct job *j = c->jobs.all.items[i];
        assert(job_by_number(c, j->number) == j && j->ledger.job == j->number);
        ledger_check(&j->ledger);
        check_leased(c, j);
        check_dealt(c, j);
        active += !job_ended(j);
        if (job_ended(j))
            assert(j->ledger.leased.n == 0 && ledger_left(&j->ledger) == 0);
    }
    assert(active == c->jobs.active.n);
    for (size_t i = 0; i < active; i++) {
        const struct job *j = c->jobs.active.items[i];
        assert(j->active_at == i);
        assert(j->turn.place || !job_leasable(j) || ledger_left(&j->ledger) == 0);
        assert(j->kind->jobs > 0 && j->kind->program == j->program);
    }
}
