// SPDX-License-Identifier: MIT
/*
 * What is said of one job, and replies to operators.
 */
#include "server/core/reply.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/estimate.h"
#include "common/base/format.h"
#include "server/core/cost.h"
#include "server/core/effects.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/peer.h"
#include "server/core/program.h"
#include "server/core/ready.h"
#include "server/core/slices.h"
#include "server/core/transaction.h"

enum {
    AWAITED_MS = 1000, /* a lease that is out for less is not named as a reason */
    BEHIND_MS = 2000   /* audits that take longer are said to be behind */
};

/* ---- one job ---- */

static bool all_draining(const struct coord *c)
{
    for (size_t i = 0; i < c->fleet.workers.n; i++)
        if (c->fleet.workers.items[i]->ready && !c->fleet.workers.items[i]->draining)
            return false;
    return true;
}

static const struct stall stall_none = {"", ""};

static const char *no_workers(const struct viewpoint *v)
{
    const struct peer_table *p = &v->coord->peers;
    if (p->refused == 0 || v->now_ms > p->refused_ms + REFUSED_MS)
        return "no workers attached";
    return arena_printf(v->memory, "no workers attached, %u refused: %s", p->refused,
                        p->refused_why);
}

/* Of a job all of whose gaps are out while some thread is idle: who has the lowest
 * lease, if it has had it for a while. */
static struct stall waiting_for(const struct viewpoint *v, const struct job *j)
{
    const struct coord *c = v->coord;
    struct span_at at;
    if (j->ledger.free.n || !ready_idle(c, kind_bit(c, j->kind)) ||
        !span_find(&j->ledger.leased, 0, &at))
        return stall_none;
    const struct grant *g = grant_of(c, span_get(&j->ledger.leased, at)->tag);
    assert(g);
    if (v->now_ms < g->granted_ms + AWAITED_MS)
        return stall_none;
    return (struct stall){"leases", arena_printf(v->memory, "waiting for leases of %s",
                                                 g->thread->worker->name)};
}

/* What would shorten the wait: more time for who recomputes there, or one worker less
 * whose results are recomputed. */
static const char *audits_help(const struct viewpoint *v, enum desk d)
{
    const struct coord *c = v->coord;
    uint32_t most = cost_percent_most(c, d), now = cost_percent(c, d);
    const struct worker *w = map_get(&c->fleet.by_id, slices_debtor(c));
    const char *time = most > now ? arena_printf(v->memory, "picoord --audit-cpu %u",
                                                 4 * now < most ? 4 * now : most)
                       : d == DESK_PI ? "more threads"
                                      : "trusted workers that have the program";
    return w ? arena_printf(v->memory, "%s, or pictl trust %s", time, w->name) : time;
}

void reply_audits(const struct viewpoint *v, struct audits_view *ret)
{
    const struct coord *c = v->coord;
    enum desk slowest;
    *ret = (struct audits_view){.due = c->audits.due,
                                .trials = cost_trials(c),
                                .wait_ms = cost_wait_ms(c, &slowest),
                                .help = ""};
    if (ret->wait_ms >= BEHIND_MS)
        ret->help = audits_help(v, slowest);
}

static const char *audits_reason(const struct viewpoint *v)
{
    static const char what[] =
        "waiting for audits of what untrusted workers have computed";
    char trials[FORMAT_MAX], wait[FORMAT_MAX];
    struct audits_view a;
    reply_audits(v, &a);
    if (!*a.help)
        return what;
    return arena_printf(v->memory, "%s: %s trials, %s; what helps: %s", what,
                        format_count(trials, sizeof(trials), a.trials),
                        format_duration(wait, sizeof(wait), a.wait_ms), a.help);
}

struct stall reply_stall(const struct viewpoint *v)
{
    const struct coord *c = v->coord;
    if (c->commits.retry_ms >= 0)
        return (struct stall){"storage", store_refusal(c)};
    if (c->stop.asked)
        return (struct stall){"stopping", "the coordinator is stopping"};
    if (c->fleet.threads == 0)
        return (struct stall){"no_workers", no_workers(v)};
    return stall_none;
}

/* All that is left of the job is counted, and yet it does not end. */
static struct stall stall_at_end(const struct viewpoint *v, const struct job *j)
{
    if (j->held)
        return (struct stall){"dispute",
                              "recomputing a range on which two workers disagree"};
    if (j->ledger.hold)
        return (struct stall){"recount", "recomputing all that untrusted workers have "
                                         "contributed, since three of them were wrong"};
    if (ledger_left(&j->ledger) > 0 ||
        j->ledger.total.verified_done == j->ledger.total.done)
        return stall_none;
    const char *nobody = program_unaudited(v->coord, j, v->memory);
    return *nobody ? (struct stall){"no_auditor", nobody}
                   : (struct stall){"audits", audits_reason(v)};
}

static struct stall stall_open(const struct viewpoint *v, const struct job *j)
{
    const struct coord *c = v->coord;
    struct stall all = reply_stall(v);
    if (j->record.state == JOB_PAUSED && c->commits.retry_ms < 0 && !c->stop.asked)
        return (struct stall){"paused", "paused by an operator"};
    if (*all.word)
        return all;
    const char *nobody = program_stall(c, j, v->memory);
    if (*nobody && ledger_left(&j->ledger) > 0)
        return (struct stall){"no_program", nobody};
    if (j->time_up)
        return (struct stall){"time_over",
                              "its time is over, waiting for the leases that are out"};
    if (j->ledger.leased.n)
        return waiting_for(v, j);
    struct stall end = stall_at_end(v, j);
    if (*end.word)
        return end;
    if (all_draining(c))
        return (struct stall){"leaving", "all workers are leaving"};
    if (v->now_ms < c->jobs.resume_ms)
        return (struct stall){"resuming",
                              "waiting for workers to resume what they hold"};
    return c->jobs.active.n > 1 ? (struct stall){"turn", "other jobs come first"}
                                : stall_none;
}

static struct stall stall_of(const struct viewpoint *v, const struct job *j)
{
    switch (j->shown.state) {
    case JOB_QUEUED:
    case JOB_RUNNING:
    case JOB_PAUSED:
        return stall_open(v, j);
    case JOB_DONE:
        break;
    case JOB_CANCELLED:
        return (struct stall){"", "cancelled by an operator"};
    case JOB_FAILED:
        return (struct stall){"", j->why};
    }
    return stall_none;
}

/* Why the job's answer is in doubt, and what to do about it; "": it is not. */
static const char *doubt(const struct viewpoint *v, const struct job *j)
{
    const struct shown *s = &j->shown;
    unsigned long long number = j->number;
    if (s->tally.doubtful == 0 || s->state < JOB_DONE)
        return "";
    return arena_printf(
        v->memory,
        "%llu trials, first at %llu, are wrong or of a worker excluded later: %s "
        "--seed %llu computes anew, verify j-%llu --all proves",
        (unsigned long long)(s->tally.doubtful >> job_unit(j)),
        (unsigned long long)(s->doubt_first >> job_unit(j)),
        s->state == JOB_DONE
            ? arena_printf(v->memory, "pictl extend j-%llu replaces them, submit",
                           number)
            : "pictl submit",
        (unsigned long long)j->record.seed, number);
}

struct estimate reply_estimate(const struct job *j, uint64_t hits, uint64_t trials)
{
    uint64_t n = trials >> job_unit(j);
    return estimate_scaled(hits, j->of.score ? trials : n, n, j->of.scale);
}

struct anytime reply_anytime(const struct job *j, uint64_t hits, uint64_t trials)
{
    uint64_t n = trials >> job_unit(j);
    if (n == 0)
        return (struct anytime){NAN, NAN};
    return anytime_scaled(hits, j->of.score ? trials : n, n, j->of.scale);
}

/* What was counted a moment ago says nothing of a fleet that has gone. */
static double rate_shown(const struct viewpoint *v, const struct job *j, double average)
{
    if (j->shown.state >= JOB_DONE)
        return average;
    return v->coord->fleet.threads > 0 ? job_rate_at(j, v->now_ms) : 0;
}

void reply_job_view(const struct viewpoint *v, const struct job *j,
                    struct job_view *ret)
{
    const struct shown *s = &j->shown;
    uint32_t unit = job_unit(j);
    struct estimate e = reply_estimate(j, s->tally.hits, s->tally.done);
    struct anytime a = reply_anytime(j, s->tally.hits, s->tally.done);
    double average =
        s->elapsed_ms > 0 ? (double)s->tally.done * 1000 / (double)s->elapsed_ms : 0;
    struct stall stall = stall_of(v, j);
    *ret = (struct job_view){.number = j->number,
                             .name = j->record.name,
                             .state = s->state,
                             .reason = stall.reason,
                             .stalled = stall.word,
                             .seed = j->record.seed,
                             .trials = s->trials >> unit,
                             .done = s->tally.done >> unit,
                             .hits = s->tally.hits,
                             .verified_done = s->tally.verified_done >> unit,
                             .verified_hits = s->tally.verified_hits,
                             .pi = e.known ? e.pi : NAN,
                             .stderr_ = e.known ? e.stderr_ : NAN,
                             .ci_low = e.known ? e.ci_low : NAN,
                             .ci_high = e.known ? e.ci_high : NAN,
                             .any_low = a.low,
                             .any_high = a.high,
                             .rate = rate_shown(v, j, average) / (double)(1 << unit),
                             .rule = j->record.rule,
                             .until_stderr = j->record.until_stderr,
                             .for_ms = j->record.for_ms,
                             .weight = j->record.weight,
                             .elapsed_ms = job_elapsed_at(j, v->now_ms),
                             .leased = j->ledger.leased.total >> unit,
                             .computed_again = j->record.computed_again >> unit,
                             .surplus = s->surplus >> unit,
                             .audit = j->record.audit,
                             .doubt = doubt(v, j),
                             .doubtful = s->tally.doubtful >> unit,
                             .program = j->of.name,
                             .arg = j->of.arg,
                             .scale = j->of.scale,
                             .score = j->of.score,
                             .test_known = j->of.test_known,
                             .test = j->of.test,
                             .submitted_ms = j->record.submitted_ms,
                             .started_ms = s->started_ms,
                             .ended_ms = s->ended_ms};
    memcpy(ret->uid, j->record.uid, UID_BYTES);
}

/* ---- replies ---- */

struct viewpoint reply_viewpoint(struct coord *c)
{
    return (struct viewpoint){c, c->clock.now_ms, &c->out.arena};
}

void reply_send(struct coord *c, conn_id conn, const struct msg_reply *r)
{
    struct msg m = {.type = MSG_REPLY, .reply = *r};
    send_msg(c, conn, &m);
}

void reply_job(struct coord *c, conn_id conn, uint32_t request, const struct job *j,
               bool last, bool droppable)
{
    struct msg_reply r = {.id = request, .last = last, .body = REPLY_JOB};
    assert(j->shown.there);
    struct viewpoint v = reply_viewpoint(c);
    reply_job_view(&v, j, &r.job);
    reply_send(c, conn, &r);
    c->out.effects.items[c->out.effects.n - 1].send.droppable = droppable;
}

void reply_done(struct coord *c, conn_id conn, uint32_t request)
{
    reply_send(c, conn,
               &(struct msg_reply){
                   .id = request, .last = true, .body = REPLY_DONE, .done.note = ""});
}

static struct msg_reply error_of(uint32_t request, enum error_code code,
                                 const char *message, const char *hint)
{
    struct msg_reply r = {.id = request, .last = true, .body = REPLY_ERROR};
    r.error.code = code;
    r.error.message = message;
    r.error.hint = hint;
    return r;
}

void reply_error(struct coord *c, conn_id conn, uint32_t request, enum error_code code,
                 const char *hint, const char *format, ...)
{
    char text[TEXT_BYTES + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct msg_reply r =
        error_of(request, code, arena_printf(&c->out.arena, "%s", text), hint);
    reply_send(c, conn, &r);
}

bool reply_cannot_save(struct coord *c, conn_id conn, uint32_t request)
{
    if (c->commits.retry_ms < 0)
        return false;
    reply_error(c, conn, request, ERROR_STORAGE,
                "it goes on by itself once that is fixed; try again then",
                "the coordinator cannot save anything: %s", store_refusal(c));
    return true;
}

struct msg_reply reply_no_job(struct arena *memory, const struct msg_request *r)
{
    const char *message = r->job ? arena_printf(memory, "there is no job j-%llu",
                                                (unsigned long long)r->job)
                                 : "there is no job";
    return error_of(r->id, ERROR_NO_SUCH_JOB, message, "pictl jobs lists them");
}
