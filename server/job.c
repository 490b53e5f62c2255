// SPDX-License-Identifier: MIT
/*
 * Jobs: what operators ask for, how long a job goes on, and when it is done.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/estimate.h"
#include "common/words.h"
#include "server/core.h"

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

void job_dirty(struct coord *c, struct job *j)
{
    if (j->dirty)
        return;
    j->dirty = true;
    *LIST_PUSH(&c->pending.jobs) = j;
}

/* ---- elapsed time ---- */

void job_elapse(struct coord *c, struct job *j)
{
    if (j->run_ms < 0)
        return;
    j->record.elapsed_ms += c->now_ms - j->run_ms;
    j->run_ms = c->now_ms;
}

static void set_state(struct coord *c, struct job *j, enum job_state state,
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
        set_state(c, j, JOB_RUNNING, j->noted ? j->note : NOTE_JOB_STARTED);
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

static void end_job(struct coord *c, struct job *j, enum job_state state,
                    enum note_type note)
{
    set_state(c, j, state, note);
    grants_drop_job(c, j);
    for (size_t i = 0; i < c->open.n; i++)
        if (c->open.items[i] == j)
            c->open.items[i] = c->open.items[--c->open.n];
}

static void finish(struct coord *c, struct job *j, uint64_t trials, ledger_sink *sink,
                   void *ctx)
{
    end_job(c, j, JOB_DONE, NOTE_JOB_DONE);
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
    end_job(c, j, JOB_FAILED, NOTE_JOB_FAILED);
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
    set_state(c, j, JOB_QUEUED, NOTE_JOB_EXTENDED);
    join(c, j);
    j->unsure = true; /* its surplus may have lost its audits */
}

void job_settle(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    if (j->extend_to)
        extend(c, j, sink, ctx);
    if (j->record.rule == STOP_STDERR && !j->record.trials)
        j->candidate = stderr_checkpoint(j);
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

/* ---- requests ---- */

static struct job *job_add(struct coord *c, const struct job_record *r)
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

/* The reply comes when the job's state is durable. */
static void reply_later(struct coord *c, conn_id conn, const struct msg_request *r,
                        struct job *j)
{
    *LIST_PUSH(&c->pending.due) = (struct due){conn, *r, j};
    job_dirty(c, j);
}

static void submit(struct coord *c, conn_id conn, const struct msg_request *r)
{
    const struct msg_submit *s = &r->submit;
    for (size_t i = 0; i < c->jobs.n; i++)
        if (!memcmp(c->jobs.items[i]->record.request, s->request, UID_BYTES)) {
            reply_later(c, conn, r, c->jobs.items[i]);
            return;
        }
    if (c->jobs.n == JOBS_MAX) {
        view_reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE,
                         "start a coordinator with a new state",
                         "this coordinator has had %d jobs, its limit", JOBS_MAX);
        return;
    }
    struct job_record record = {.state = JOB_QUEUED,
                                .rule = s->rule,
                                .seed = s->seed_given ? s->seed : rng_next(&c->rng),
                                .trials = s->rule == STOP_TRIALS ? s->trials : 0,
                                .until_stderr = s->until_stderr,
                                .for_ms = s->for_ms,
                                .weight = s->weight,
                                .audit = s->audit};
    memcpy(record.request, s->request, UID_BYTES);
    snprintf(record.name, sizeof(record.name), "%s", s->name);
    for (size_t i = 0; i < UID_BYTES; i += 8) {
        uint64_t word = rng_next(&c->rng);
        memcpy(record.uid + i, &word, 8);
    }
    struct job *j = job_add(c, &record);
    j->note = NOTE_JOB_SUBMITTED;
    j->noted = true;
    reply_later(c, conn, r, j);
}

static void not_possible(struct coord *c, conn_id conn, const struct msg_request *r,
                         const struct job *j, const char *verb, const char *hint)
{
    view_reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, hint,
                     "job j-%llu is %s: it cannot be %s", (unsigned long long)j->number,
                     job_state_word(j->record.state), verb);
}

static void cancel(struct coord *c, conn_id conn, const struct msg_request *r,
                   struct job *j)
{
    if (job_ended(j) && j->record.state != JOB_CANCELLED) {
        not_possible(c, conn, r, j, "cancelled", "");
        return;
    }
    if (!job_ended(j))
        end_job(c, j, JOB_CANCELLED, NOTE_JOB_CANCELLED);
    reply_later(c, conn, r, j);
}

static void pause_job(struct coord *c, conn_id conn, const struct msg_request *r,
                      struct job *j)
{
    if (job_ended(j)) {
        not_possible(c, conn, r, j, "paused", "");
        return;
    }
    if (j->record.state != JOB_PAUSED)
        set_state(c, j, JOB_PAUSED, NOTE_JOB_PAUSED);
    reply_later(c, conn, r, j);
}

static void resume_job(struct coord *c, conn_id conn, const struct msg_request *r,
                       struct job *j)
{
    if (job_ended(j)) {
        not_possible(c, conn, r, j, "resumed",
                     j->record.state == JOB_DONE ? "pictl extend carries it on" : "");
        return;
    }
    if (j->record.state == JOB_PAUSED) /* leases may be out all the while */
        set_state(c, j, j->ledger.leased.n > 0 ? JOB_RUNNING : JOB_QUEUED,
                  NOTE_JOB_RESUMED);
    j->rate_ms = 0; /* what was measured before the pause says nothing */
    reply_later(c, conn, r, j);
}

static void extend_request(struct coord *c, conn_id conn, const struct msg_request *r,
                           struct job *j)
{
    if (j->extend_to == r->trials) {
        reply_later(c, conn, r, j); /* asked for twice */
        return;
    }
    if (j->extend_to) {
        view_reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, "try again in a moment",
                         "job j-%llu is being extended to %llu trials",
                         (unsigned long long)j->number,
                         (unsigned long long)j->extend_to);
        return;
    }
    if (j->record.state != JOB_DONE) {
        if (j->record.trials == r->trials && j->record.rule == STOP_TRIALS &&
            !job_ended(j)) {
            reply_later(c, conn, r, j); /* asked for twice */
            return;
        }
        not_possible(c, conn, r, j, "extended", "only a job that is done can be");
        return;
    }
    if (r->trials <= j->record.trials) {
        view_reply_error(c, conn, r->id, ERROR_BAD_REQUEST,
                         "give the new number of trials, not how many to add",
                         "job j-%llu has %llu trials already",
                         (unsigned long long)j->number,
                         (unsigned long long)j->record.trials);
        return;
    }
    j->extend_to = r->trials;
    reply_later(c, conn, r, j);
}

/* Requests that change jobs.  While the store is full they would hang. */
static void change_job(struct coord *c, conn_id conn, const struct msg_request *r)
{
    if (c->retry_ms >= 0) {
        view_reply_error(c, conn, r->id, ERROR_STORAGE,
                         "it goes on by itself once that is mended; try again then",
                         "the coordinator cannot save anything: %s", commit_refusal(c));
        return;
    }
    if (r->verb == REQUEST_SUBMIT) {
        submit(c, conn, r);
        return;
    }
    struct job *j = r->job ? job_by_number(c, r->job) : job_current(c);
    if (!j)
        view_reply_error(c, conn, r->id, ERROR_NO_SUCH_JOB, "pictl jobs lists them",
                         r->job ? "there is no job j-%llu" : "there is no job",
                         (unsigned long long)r->job);
    else if (r->verb == REQUEST_CANCEL)
        cancel(c, conn, r, j);
    else if (r->verb == REQUEST_PAUSE)
        pause_job(c, conn, r, j);
    else if (r->verb == REQUEST_RESUME)
        resume_job(c, conn, r, j);
    else
        extend_request(c, conn, r, j);
}

static void change_worker(struct coord *c, conn_id conn, const struct msg_request *r)
{
    bool all = r->all && r->verb == REQUEST_DRAIN;
    struct worker *w = all ? NULL : worker_named(c, r->worker);
    if (!all && (!w || (!w->conn && r->verb != REQUEST_TRUST))) {
        view_reply_error(c, conn, r->id, ERROR_NO_SUCH_WORKER,
                         "pictl workers lists them", "there is no worker %s attached",
                         r->worker);
        return;
    }
    if (w && r->verb == REQUEST_KICK) {
        worker_ban(c, w->id, "removed by an operator", false);
        *LIST_PUSH(&c->pending.due) = (struct due){conn, *r, NULL};
        return;
    }
    if (w && r->verb == REQUEST_TRUST) {
        if (worker_banned(c, w->id)) {
            view_reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE,
                             "start it again: it will be another worker",
                             "worker %s is excluded", w->name);
            return;
        }
        standing_trust(c, w->standing);
        note_add(c, NOTE_WORKER_TRUSTED)->worker = w->name;
        *LIST_PUSH(&c->pending.due) = (struct due){conn, *r, NULL};
        return;
    }
    if (w) {
        worker_drain(c, w, "an operator asked for it");
    } else {
        for (size_t i = 0; i < c->workers.n; i++)
            worker_drain(c, c->workers.items[i], "an operator asked for it");
    }
    view_reply_done(c, conn, r->id);
}

void job_request(struct coord *c, conn_id conn, const struct msg_request *r)
{
    switch (r->verb) {
    case REQUEST_SUBMIT:
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_EXTEND:
        change_job(c, conn, r);
        return;
    case REQUEST_DRAIN:
    case REQUEST_KICK:
    case REQUEST_TRUST:
        change_worker(c, conn, r);
        return;
    case REQUEST_TOKEN:
        right_request(c, conn, r);
        return;
    case REQUEST_BACKUP:
        effect_add(c, EFFECT_BACKUP, conn)->request = r->id;
        return;
    case REQUEST_STATUS:
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_LEDGER:
    case REQUEST_WATCH:
        view_request(c, conn, r);
        return;
    }
}
