// SPDX-License-Identifier: MIT
/*
 * The step: take the time, dispatch the input, do what may follow from any change
 * (grant leases, begin a transaction), compute the deadline.
 */
#include "server/core/coord.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/audit.h"
#include "server/core/commit.h"
#include "server/core/cost.h"
#include "server/core/dispute.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/ledger_commit.h"
#include "server/core/peer.h"
#include "server/core/program.h"
#include "server/core/query.h"
#include "server/core/ready.h"
#include "server/core/request.h"
#include "server/core/results.h"
#include "server/core/schedule.h"
#include "server/core/session.h"
#include "server/core/settle.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "server/core/token.h"
#include "server/core/transaction.h"
#include "server/core/turn.h"
#include "server/core/watch.h"
#include "server/core/worker.h"

enum { TICK_MS = 1000 /* maximum time between ticks, so that lateness is noticed */ };

/* ---- lifetime ---- */

static void set_defaults(struct coord_config *config)
{
    if (config->grant_leases == 0)
        config->grant_leases = GRANT_LEASES;
    if (config->grants_in_hand == 0)
        config->grants_in_hand = 2;
    if (config->transaction_leases == 0)
        config->transaction_leases = 65536;
    if (config->waiting_results == 0)
        config->waiting_results = LIMIT_WAITING_RESULTS;
    assert(config->grant_leases <= GRANT_LEASES &&
           config->grants_in_hand <= GRANTS_IN_HAND_MAX);
    assert(config->lease_log2 == 0 || (config->lease_log2 >= LEASE_LOG2_MIN &&
                                       config->lease_log2 <= LEASE_LOG2_MAX));
}

struct coord *coord_new(const struct coord_config *config)
{
    struct coord *c = mem_zero(1, sizeof(*c));
    c->config = *config;
    set_defaults(&c->config);
    strncpy(c->version, config->version, TEXT_BYTES);
    entropy_init(c);
    effects_init(c);
    kind_init(c);
    peer_init(c);
    worker_init(c);
    standing_init(c);
    grant_init(c);
    ready_init(c);
    schedule_init(c);
    transaction_init(c);
    cost_init(c);
    slices_init(c);
    audit_init(c);
    session_init(c);
    peer_connected(c, CONN_LOCAL, "", 0, true)->role = PEER_OPERATOR;
    return c;
}

void coord_free(struct coord *c)
{
    if (!c)
        return;
    session_release(c);
    request_release(c);
    watch_release(c);
    results_release(c);
    audit_release(c); /* it walks over disputes */
    dispute_release(c);
    slices_release(c);
    transaction_release(c);
    job_release(c);
    grant_release(c);
    turn_release(c);
    kind_release(c);
    standing_release(c);
    worker_release(c);
    peer_release(c);
    effects_release(c);
    free(c);
}

uint32_t coord_audit_threads(const struct coord *c)
{
    return cost_threads(c, DESK_PI);
}

/* ---- restoring ---- */

static const char *restore_record(struct coord *c, const struct record *r)
{
    if (r->type == RECORD_BAN) {
        standing_ban_keep(c, &r->ban);
        return NULL;
    }
    if (r->type == RECORD_STANDING)
        return standing_restore(c, &r->standing) ? NULL : "a standing cannot be true";
    if (r->type == RECORD_JOB)
        return job_restore(c, r) ? NULL : "a job's record cannot be true";
    if (r->type == RECORD_RM) {
        c->jobs.removed = r->job;
        return NULL;
    }
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
        *VEC_PUSH(&c->jobs.answers) = (struct final){
            r->job, r->answer.trials, r->answer.hits, r->answer.elapsed_ms};
        return NULL;
    case RECORD_AUDIT:
        return audit_restore(c, j, &r->audit) ? NULL : "an audit cannot be true";
    case RECORD_PROGRAM:
        return job_restore_program(c, j, &r->program)
                   ? NULL
                   : "what a job counts cannot be true";
    case RECORD_JOB:
    case RECORD_BAN:
    case RECORD_PARDON:
    case RECORD_CLEAR:
    case RECORD_STANDING:
    case RECORD_AUDITED:
    case RECORD_RM:
        break;
    }
    return "a record of a type that a store does not hold";
}

int coord_restore(struct coord *c, const struct record *records, size_t n,
                  const char **ret_why)
{
    assert(!c->clock.begun);
    for (size_t i = 0; i < n; i++) {
        const char *why = restore_record(c, &records[i]);
        if (why) {
            *ret_why = why;
            return -EBADMSG;
        }
    }
    if (job_missing(c)) {
        *ret_why = "a job is missing";
        return -EBADMSG;
    }
    for (size_t i = 0; i < c->jobs.all.n; i++) {
        struct job *j = c->jobs.all.items[i];
        ledger_restored(&j->ledger);
        if (j->record.state == JOB_DONE && !ledger_complete(&j->ledger)) {
            *ret_why = "a job is done, but its rows do not cover it";
            return -EBADMSG;
        }
        if (job_ended(j))
            ledger_close(&j->ledger);
        else
            c->jobs.resume_ms = RESUME_MS; /* counts from the first step */
        settle_restored(j);
        standing_unsure_all(c, j);
        /* Recomputations in progress are lost in a restart, so the job may be done
         * already. */
        if (!job_ended(j))
            transaction_job(c, j);
    }
    program_known(c);
    audit_restored(c);
    return 0;
}

/* ---- the step ---- */

/*
 * Milliseconds that the core's clock leaves out.  If a step comes more than LATE_MS
 * after the requested deadline (the process was stopped, or the machine slept), all
 * deadlines move by that time, since no message could be received in it.
 */
static int64_t lateness(const struct coord *c, int64_t now_ms)
{
    int64_t late = now_ms - c->clock.asked_ms;
    return late > LATE_MS ? late : 0;
}

static void advance_clock(struct coord *c, int64_t now_ms)
{
    if (!c->clock.begun) {
        c->clock.begun = true;
        c->clock.late_ms = now_ms;
        c->clock.asked_ms = now_ms;
        c->clock.start_ms = c->clock.now_ms = 0;
        return;
    }
    int64_t late = lateness(c, now_ms);
    if (late > 0) {
        c->clock.late_ms += late;
        event_add(c, (struct event){EVENT_CLOCK_LATE, .late_ms = late});
    }
    assert(now_ms - c->clock.late_ms >= c->clock.now_ms);
    c->clock.now_ms = now_ms - c->clock.late_ms;
}

static void timer_fire(struct coord *c, struct timer *t)
{
    heap_remove(&c->out.timers, &t->item);
    switch (t->type) {
    case TIMER_THREAD:
        grant_timer(c, container_of(t, struct thread, timer));
        break;
    case TIMER_WORKER:
        worker_timer(c, container_of(t, struct worker, timer));
        break;
    case TIMER_WATCH:
        watch_fire(c, container_of(t, struct watch, timer));
        break;
    case TIMER_JOB:
        job_timer(c, container_of(t, struct job, timer));
        break;
    }
}

static void on_tick(struct coord *c)
{
    struct heap_item *item;
    while ((item = heap_min(&c->out.timers)) && item->key <= c->clock.now_ms)
        timer_fire(c, container_of(item, struct timer, item));
    dispute_tick(c);
    commit_retry(c);
}

static void dispatch_input(struct coord *c, const struct input *input)
{
    switch (input->type) {
    case INPUT_CONNECTED:
        peer_connected(c, input->conn, input->address, input->origin, input->trusted);
        break;
    case INPUT_MESSAGE:
        session_message(c, input->conn, input->message);
        break;
    case INPUT_LOST:
        session_lost(c, input->conn);
        break;
    case INPUT_TICK:
        on_tick(c);
        break;
    case INPUT_DURABLE:
        commit_durable(c, input->transaction.id, input->transaction.status);
        break;
    case INPUT_RECOMPUTED:
        if (input->recompute.failed)
            dispute_failed(c, input->recompute.id, input->recompute.failed);
        else
            dispute_recomputed(c, input->recompute.id, input->recompute.hits,
                               input->recompute.micros);
        break;
    case INPUT_TOKEN:
        token_answered(c, input);
        break;
    case INPUT_STOP:
        c->stop.asked = true;
        c->stop.finish_leases = input->finish;
        break;
    }
}

static void stop_if_done(struct coord *c)
{
    if (!c->stop.asked || c->stop.done || !commit_idle(c) ||
        (c->stop.finish_leases && c->grants.owning > 0))
        return;
    c->stop.done = true;
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        struct worker *w = c->fleet.workers.items[i];
        if (!w->conn)
            continue;
        struct msg bye = {.type = MSG_BYE, .bye.reason = "the coordinator stops"};
        send_msg(c, w->conn, &bye);
    }
    effect_add(c, EFFECT_STOPPED, 0);
}

static int64_t next_deadline(const struct coord *c)
{
    int64_t at = c->clock.now_ms + TICK_MS;
    const struct heap_item *item = heap_min(&c->out.timers);
    if (item && item->key < at)
        at = item->key;
    if (c->schedule.speculate_ms >= 0 && c->schedule.speculate_ms < at)
        at = c->schedule.speculate_ms;
    if (c->commits.retry_ms >= 0 && c->commits.retry_ms < at)
        at = c->commits.retry_ms;
    if (c->jobs.resume_ms > c->clock.now_ms && c->jobs.resume_ms < at)
        at = c->jobs.resume_ms;
    if (slices_deadline(c) < at)
        at = slices_deadline(c);
    return at > c->clock.now_ms ? at : c->clock.now_ms + 1;
}

void coord_step(struct coord *c, const struct input *input, struct update *ret)
{
    assert(!c->out.stepping);
    c->out.stepping = true;
    effects_begin(c);
    advance_clock(c, input->now_ms);
    c->clock.wall_ms = input->wall_ms;
    dispatch_input(c, input);
    if (c->kinds.changed)
        ready_classify_all(c);
    schedule_run(c);
    slices_run(c);
    schedule_audits(c);
    commit_flush(c);
    stop_if_done(c);
    c->clock.asked_ms = next_deadline(c) + c->clock.late_ms;
    *ret = (struct update){c->out.effects.items, c->out.effects.n, c->clock.asked_ms};
    c->out.stepping = false;
}

/* ---- questions ---- */

bool coord_query(const struct coord *c, int64_t now_ms,
                 const struct msg_request *request, struct arena *memory,
                 reply_sink *sink, void *ctx)
{
    struct viewpoint v = {c, 0, memory};
    if (c->clock.begun)
        v.now_ms = now_ms - c->clock.late_ms - lateness(c, now_ms);
    assert(v.now_ms >= c->clock.now_ms);
    return query_answer(&v, request, sink, ctx);
}

size_t coord_counted(const struct coord *c, struct coord_counted *ret, size_t room)
{
    size_t n = c->kinds.programs.n < room ? c->kinds.programs.n : room;
    for (size_t i = 0; i < n; i++) {
        const struct program *p = c->kinds.programs.items[i];
        uint32_t unit = program_is_pi(p) ? 0 : UNIT_LOG2;
        ret[i] = (struct coord_counted){p->name, p->counted, p->again >> unit};
    }
    return n;
}

/* ---- for tests ---- */

void coord_check(const struct coord *c)
{
    peer_check(c);
    standing_check(c);
    transaction_check(c);
    ready_check(c);
    grant_check(c);
    slices_check(c);
    audit_check(c);
    job_check(c);
    watch_check(c);
    worker_check(c);
    dispute_check(c);
    commit_check(c);
}
