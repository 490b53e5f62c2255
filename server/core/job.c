// SPDX-License-Identifier: MIT
/*
 * Jobs: how long a job goes on, and when it is done.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/estimate.h"
#include "common/wire/names.h"
#include "server/core/state.h"

struct job *job_by_number(struct coord *c, uint64_t number)
{
    return number >= 1 && number <= c->jobs.n ? c->jobs.items[number - 1] : NULL;
}

struct job *job_current(struct coord *c)
{
    struct job *best = NULL;
    for (size_t i = 0; i < c->open.n; i++)
        if (!best || c->open.items[i]->number > best->number)
            best = c->open.items[i];
    return best || c->jobs.n == 0 ? best : c->jobs.items[c->jobs.n - 1];
}

struct job *job_by_uid(struct coord *c, const uint8_t uid[UID_BYTES])
{
    for (size_t i = 0; i < c->open.n; i++)
        if (!memcmp(c->open.items[i]->record.uid, uid, UID_BYTES))
            return c->open.items[i];
    return NULL;
}

bool job_ended(const struct job *j)
{
    return j->record.state >= JOB_DONE;
}

bool job_leasable(const struct job *j)
{
    return (j->record.state == JOB_QUEUED || j->record.state == JOB_RUNNING) &&
           j->shown.there && !j->closing && !j->candidate;
}

void job_free(struct job *j)
{
    if (!j)
        return;
    ledger_release(&j->ledger);
    free(j->proven.items);
    free(j);
}

/* ---- elapsed time ---- */

void job_elapse(struct coord *c, struct job *j)
{
    if (j->run_ms < 0)
        return;
    j->record.elapsed_ms += c->now_ms - j->run_ms;
    j->run_ms = c->now_ms;
}

void job_set_state(struct coord *c, struct job *j, enum job_state state,
                   enum note_type note)
{
    job_elapse(c, j);
    j->record.state = state;
    j->run_ms = state == JOB_RUNNING ? c->now_ms : -1;
    j->note = note;
    j->noted = true;
    job_dirty(c, j);
}

void job_started(struct coord *c, struct job *j)
{
    if (j->record.state == JOB_QUEUED) {
        /* Where something else has happened to it in this transaction, that is said. */
        job_set_state(c, j, JOB_RUNNING, j->noted ? j->note : NOTE_JOB_STARTED);
    } else if (j->record.state == JOB_RUNNING && j->run_ms < 0) {
        j->run_ms = c->now_ms; /* its first lease in this life */
    }
}

/* ---- stop rules ---- */

static uint64_t first_limit(const struct job_record *r)
{
    return r->trials ? r->trials : TRIALS_MAX;
}

/* The end of the cell, where the prefix has no hole, at which the error is small
 * enough: the least such checkpoint; 0 where there is none yet. */
static uint64_t stderr_checkpoint(const struct job *j)
{
    const struct ledger *l = &j->ledger;
    uint64_t hits = 0;
    for (size_t cell = 0; cell < l->n_cells; cell++) {
        uint64_t end = cell_first(cell + 1);
        if (end > l->prefix)
            return 0;
        hits += l->cells[cell].hits;
        if (estimate_stderr_reached(hits, end, j->record.until_stderr))
            return end;
    }
    return 0;
}

void job_show(struct job *j, struct shown *ret)
{
    const struct ledger *l = &j->ledger;
    *ret = (struct shown){.there = true,
                          .state = j->record.state,
                          .trials = j->record.trials,
                          .tally = l->total,
                          .elapsed_ms = j->record.elapsed_ms,
                          .surplus = ledger_surplus(l)};
    if (j->record.trials)
        return;
    /* While the end is not known, what is shown is the prefix without a hole, to what
     * may be the end. */
    uint64_t end = j->candidate ? j->candidate : l->prefix;
    ret->tally.done = end;
    ret->tally.hits = j->candidate ? ledger_prefix_hits(l, end) : l->prefix_hits;
    ret->tally.verified_done = end;
    ret->tally.verified_hits = ret->tally.hits;
    if (l->total.verified_done != l->total.done)
        ledger_prefix_verified(l, end, &ret->tally.verified_done,
                               &ret->tally.verified_hits);
    ret->surplus = l->rows.total - end;
}

/* Among those that are served.  It does not make up for the time before it came. */
static void join(struct coord *c, struct job *j)
{
    j->pass = c->open.n ? c->open.items[0]->pass : 0;
    for (size_t i = 0; i < c->open.n; i++)
        if (c->open.items[i]->pass < j->pass)
            j->pass = c->open.items[i]->pass;
    *LIST_PUSH(&c->open) = j;
}

void job_end(struct coord *c, struct job *j, enum job_state state, enum note_type note)
{
    job_set_state(c, j, state, note);
    grants_drop_job(c, j);
    for (size_t i = 0; i < c->open.n; i++)
        if (c->open.items[i] == j)
            c->open.items[i] = c->open.items[--c->open.n];
}

static void finish(struct coord *c, struct job *j, uint64_t trials, ledger_sink *sink,
                   void *ctx)
{
    job_end(c, j, JOB_DONE, NOTE_JOB_DONE);
    if (j->ledger.limit != trials) {
        ledger_set_limit(&j->ledger, trials, j->number, sink, ctx);
        ledger_close(&j->ledger);
    }
    assert(j->ledger.total.done == trials && ledger_complete(&j->ledger));
    j->record.trials = trials;
    j->candidate = 0;
    struct record r = {.type = RECORD_ANSWER,
                       .job = j->number,
                       .answer = {.trials = trials,
                                  .hits = j->ledger.total.hits,
                                  .elapsed_ms = j->record.elapsed_ms}};
    sink(ctx, &r);
    j->answered = true;
}

static void settle_closing(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    uint64_t done, hits;
    if (!j->finish || j->ledger.pending.n || j->ledger.hold)
        return;
    ledger_prefix_verified(&j->ledger, UINT64_MAX, &done, &hits);
    if (done < j->ledger.prefix)
        return;
    if (done > 0) {
        finish(c, j, done, sink, ctx);
        return;
    }
    snprintf(j->why, sizeof(j->why), "its time was over before a trial was counted");
    job_end(c, j, JOB_FAILED, NOTE_JOB_FAILED);
}

static void settle_stderr(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    uint64_t done, hits;
    if (j->candidate == 0 || j->ledger.hold)
        return;
    ledger_prefix_verified(&j->ledger, j->candidate, &done, &hits);
    if (done == j->candidate)
        finish(c, j, j->candidate, sink, ctx);
}

/* Surplus may be of workers that were found to lie after the job was done. */
static void revoke_surplus(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    for (size_t i = 1; i < j->ledger.n_shares; i++) {
        const struct ban_record *ban = worker_banned(c, j->ledger.shares[i].worker);
        struct tally sum = {0};
        if (ban && ban->revoke)
            ledger_revoke(&j->ledger, ban->worker, j->number, sink, ctx, &sum);
    }
}

static void extend(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    revoke_surplus(c, j, sink, ctx);
    j->record.trials = j->extend_to;
    j->record.rule = STOP_TRIALS;
    j->extend_to = 0;
    j->closing = j->finish = false;
    ledger_set_limit(&j->ledger, j->record.trials, j->number, sink, ctx);
    job_set_state(c, j, JOB_QUEUED, NOTE_JOB_EXTENDED);
    join(c, j);
    j->unsure = true; /* its surplus may have lost its audits */
}

/* Its end by the standard error, as its rows are now. */
static void look_for_end(struct job *j)
{
    if (j->record.rule == STOP_STDERR && !j->record.trials)
        j->candidate = stderr_checkpoint(j);
}

void job_settle(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    if (j->extend_to)
        extend(c, j, sink, ctx);
    look_for_end(j);
    if (job_ended(j))
        return;
    if (j->record.trials) {
        if (ledger_complete(&j->ledger))
            finish(c, j, j->record.trials, sink, ctx);
    } else if (j->record.rule == STOP_STDERR) {
        settle_stderr(c, j, sink, ctx);
    } else {
        settle_closing(c, j, sink, ctx);
    }
}

static void tick_time_rule(struct coord *c, struct job *j)
{
    if (j->record.state == JOB_PAUSED || c->now_ms < c->resume_ms)
        return;
    if (!j->closing && j->record.elapsed_ms >= j->record.for_ms) {
        j->closing = true;
        j->closing_ms = c->now_ms + CLOSING_MS;
    }
    if (j->closing && !j->finish &&
        (j->ledger.leased.n == 0 || c->now_ms >= j->closing_ms)) {
        j->finish = true;
        job_dirty(c, j);
    }
}

void job_tick(struct coord *c, struct job *j)
{
    job_elapse(c, j);
    if (j->record.rule == STOP_TIME && !j->record.trials)
        tick_time_rule(c, j);
}

int64_t job_deadline(const struct coord *c, const struct job *j)
{
    if (j->record.rule != STOP_TIME || j->record.trials || j->run_ms < 0 ||
        c->now_ms < c->resume_ms)
        return INT64_MAX;
    if (!j->closing)
        return j->run_ms + (j->record.for_ms - j->record.elapsed_ms);
    if (j->finish)
        return INT64_MAX;
    return j->ledger.leased.n ? j->closing_ms : c->now_ms + 1;
}

/* ---- the beginning ---- */

struct job *job_add(struct coord *c, const struct job_record *r)
{
    struct job *j = mem_zero(1, sizeof(*j));
    j->record = *r;
    j->run_ms = -1;
    *LIST_PUSH(&c->jobs) = j;
    j->number = c->jobs.n;
    ledger_init(&j->ledger, first_limit(r));
    if (!job_ended(j))
        join(c, j);
    return j;
}

struct job *job_restore(struct coord *c, const struct record *r)
{
    if (r->job != c->jobs.n + 1 || r->job_.trials > TRIALS_MAX || !r->job_.weight ||
        r->job_.state < JOB_QUEUED || r->job_.state > JOB_FAILED ||
        r->job_.rule > STOP_TIME || r->job_.audit > AUDIT_NONE ||
        (!r->job_.trials && (r->job_.rule == STOP_TRIALS || r->job_.state == JOB_DONE)))
        return NULL;
    struct job *j = job_add(c, &r->job_);
    j->floor = j->granted_end = r->job_.frontier;
    return j;
}

void job_restored(struct job *j)
{
    look_for_end(j);
    job_show(j, &j->shown);
}

void view_rate(struct coord *c, struct job *j)
{
    int64_t dt = c->now_ms - j->rate_ms;
    uint64_t done = j->shown.tally.done;
    if (j->rate_ms != 0 && dt < RATE_STEP_MS)
        return;
    double now = done > j->rate_done && dt > 0
                     ? (double)(done - j->rate_done) * 1000 / (double)dt
                     : 0;
    double weight = j->rate > 0 ? 1 - exp(-(double)dt / RATE_TAU_MS) : 1;
    if (j->rate_ms != 0)
        j->rate += weight * (now - j->rate);
    else
        j->rate = 0;
    if (j->rate < 1)
        j->rate = 0;
    j->rate_ms = c->now_ms ? c->now_ms : 1;
    j->rate_done = done;
}
