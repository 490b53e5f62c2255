// SPDX-License-Identifier: MIT
/*
 * Builds the generated messages of the views of jobs, workers, the coordinator, ledgers
 * and answers, for the network and for JSON.  Pure.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

void *pb_take(struct arena *a, size_t n, size_t size)
{
    void *p = arena_array(a, n, size);
    assert(p);
    return p;
}

char *pb_text(struct arena *a, const char *text, size_t max)
{
    if (!text || !*text)
        return (char *)protobuf_c_empty_string;
    size_t n = 0;
    bool clean = true;
    for (; n < max && text[n]; n++)
        clean &= text[n] >= 0x20 && text[n] <= 0x7e;
    if (clean && !text[n])
        return (char *)text;
    char *copy = pb_take(a, n + 1, 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?';
    copy[n] = '\0';
    return copy;
}

char *pb_lines(struct arena *a, const char *text, size_t max)
{
    size_t n = text ? strlen(text) : 0, skip = n > max ? n - max : 0;
    if (n == 0)
        return (char *)protobuf_c_empty_string;
    char *copy = pb_take(a, n - skip + 1, 1);
    for (size_t i = skip; i <= n; i++)
        copy[i - skip] =
            (text[i] < 0x20 || text[i] > 0x7e) && text[i] && text[i] != '\n' ? '?'
                                                                             : text[i];
    return copy;
}

static char *pb_job_id(struct arena *a, uint64_t number)
{
    char *id = arena_printf(a, "j-%" PRIu64, number);
    assert(id);
    return id;
}

static char *pb_hex(struct arena *a, const uint8_t *bytes, size_t n)
{
    char *hex = pb_take(a, 2 * n + 1, 1);
    format_hex(hex, bytes, n);
    return hex;
}

/* A worker's id or a program's test, as shown to people and in JSON. */
static char *pb_hex64(struct arena *a, uint64_t id)
{
    char *hex = arena_printf(a, "%016" PRIx64, id);
    assert(hex);
    return hex;
}

static char *pb_test(struct arena *a, bool known, uint64_t test)
{
    return known ? pb_hex64(a, test) : (char *)protobuf_c_empty_string;
}

static uint64_t pb_ms(int64_t ms)
{
    return ms > 0 ? (uint64_t)ms : 0;
}

void pb_job(struct arena *a, const struct job_view *v, Pb__Job *ret)
{
    pb__job__init(ret);
    ret->id = pb_job_id(a, v->number);
    ret->name = pb_text(a, v->name, NAME_BYTES);
    ret->state = (char *)job_state_name(v->state);
    ret->reason = pb_text(a, v->reason, TEXT_BYTES);
    ret->seed = v->seed;
    ret->trials = v->trials;
    ret->done = v->done;
    ret->hits = v->hits;
    ret->verified_done = v->verified_done;
    ret->verified_hits = v->verified_hits;
    ret->pi = v->pi;
    ret->stderr = v->stderr_;
    ret->ci_low = v->ci_low;
    ret->ci_high = v->ci_high;
    ret->rate = v->rate;
    ret->until_stderr = v->rule == STOP_STDERR ? v->until_stderr : 0;
    ret->for_ms = v->rule == STOP_TIME ? pb_ms(v->for_ms) : 0;
    ret->weight = v->weight;
    ret->elapsed_ms = pb_ms(v->elapsed_ms);
    ret->leased = v->leased;
    ret->computed_again = v->computed_again;
    ret->surplus = v->surplus;
    ret->uid = pb_hex(a, v->uid, UID_BYTES);
    ret->audit = (char *)audit_policy_name(v->audit);
    ret->doubt = pb_text(a, v->doubt, TEXT_BYTES);
    ret->doubtful = v->doubtful;
    ret->program = pb_text(a, v->program, NAME_BYTES);
    ret->arg = pb_text(a, v->arg, ARG_BYTES);
    ret->scale = v->scale;
    ret->score = v->score;
    ret->program_test = pb_test(a, v->test_known, v->test);
    ret->stalled = pb_text(a, v->stalled, NAME_BYTES);
    ret->submitted_ms = pb_ms(v->submitted_ms);
    ret->started_ms = pb_ms(v->started_ms);
    ret->ended_ms = pb_ms(v->ended_ms);
    ret->any_low = v->any_low;
    ret->any_high = v->any_high;
}

void pb_jobs(struct arena *a, const struct job_view *v, size_t n, Pb__Jobs *ret)
{
    pb__jobs__init(ret);
    Pb__Job *jobs = pb_take(a, n, sizeof(*jobs));
    ret->n_jobs = n;
    ret->jobs = pb_take(a, n, sizeof(*ret->jobs));
    for (size_t i = 0; i < n; i++) {
        pb_job(a, &v[i], &jobs[i]);
        ret->jobs[i] = &jobs[i];
    }
}

static Pb__Program *pb_program(struct arena *a, const struct program_view *v)
{
    Pb__Program *p = pb_take(a, 1, sizeof(*p));
    pb__program__init(p);
    p->name = pb_text(a, v->name, NAME_BYTES);
    p->state = (char *)program_state_name(v->state);
    p->test = pb_test(a, v->test_known, v->test);
    p->rate = v->rate;
    p->reason = pb_text(a, v->reason, TEXT_BYTES);
    p->stderr = pb_lines(a, v->stderr_, STDERR_BYTES);
    return p;
}

static void pb_worker(struct arena *a, const struct worker_view *v, Pb__Worker *ret)
{
    pb__worker__init(ret);
    ret->id = pb_hex64(a, v->id);
    ret->name = pb_text(a, v->name, NAME_BYTES);
    ret->address = pb_text(a, v->address, ADDRESS_TEXT_BYTES);
    ret->threads = v->threads;
    ret->kernel = pb_text(a, v->kernel, TEXT_BYTES);
    ret->state = (char *)worker_state_name(v->state);
    ret->rate = v->rate;
    ret->trials = v->trials;
    ret->version = pb_text(a, v->version, TEXT_BYTES);
    ret->leases = v->leases;
    ret->last_seen_ms = pb_ms(v->last_seen_ms);
    ret->trust = (char *)worker_trust_name(v->trust);
    ret->audited = v->audited;
    ret->audits = v->audits;
    ret->z = v->z;
    ret->audit_ms = pb_ms(v->audit_ms);
    ret->trusted_as = (char *)trusted_as_name(v->trusted_as);
    ret->removed = (char *)worker_removed_name(v->removed);
    ret->n_programs = v->n_programs;
    ret->programs = pb_take(a, v->n_programs, sizeof(*ret->programs));
    for (size_t i = 0; i < v->n_programs; i++)
        ret->programs[i] = pb_program(a, &v->programs[i]);
    ret->joined_ms = pb_ms(v->joined_ms);
    ret->seen_ms = pb_ms(v->seen_ms);
}

void pb_done(struct arena *a, const struct msg_reply *m, Pb__Done *ret)
{
    pb__done__init(ret);
    ret->note = pb_text(a, m->done.note, TEXT_BYTES);
    if (m->done.worker) {
        ret->worker = pb_take(a, 1, sizeof(*ret->worker));
        pb_worker(a, m->done.worker, ret->worker);
    }
}

void pb_workers(struct arena *a, const struct worker_view *v, size_t n,
                Pb__Workers *ret)
{
    pb__workers__init(ret);
    Pb__Worker *workers = pb_take(a, n, sizeof(*workers));
    ret->n_workers = n;
    ret->workers = pb_take(a, n, sizeof(*ret->workers));
    for (size_t i = 0; i < n; i++) {
        pb_worker(a, &v[i], &workers[i]);
        ret->workers[i] = &workers[i];
    }
}

void pb_status(struct arena *a, const struct status_view *v, Pb__Status *ret)
{
    pb__status__init(ret);
    ret->version = pb_text(a, v->version, TEXT_BYTES);
    ret->protocol = v->protocol;
    ret->uptime_ms = pb_ms(v->uptime_ms);
    ret->state = (char *)coord_state_name(v->state);
    ret->reason = pb_text(a, v->reason, TEXT_BYTES);
    ret->workers = v->workers;
    ret->threads = v->threads;
    ret->jobs_active = v->jobs_active;
    ret->rate = v->rate;
    ret->time_ms = pb_ms(v->host.time_ms);
    ret->connections = v->host.connections;
    ret->fds_used = v->host.fds_used;
    ret->fds_limit = v->host.fds_limit;
    ret->audit = (char *)audit_policy_name(v->audit);
    ret->audits = v->audits.due;
    ret->audit_trials = v->audits.trials;
    ret->audit_wait_ms = pb_ms(v->audits.wait_ms);
    ret->audit_help = pb_text(a, v->audits.help, TEXT_BYTES);
    ret->trials_waiting = v->waiting.trials;
    ret->threads_wanted = v->waiting.threads;
    ret->seconds_waiting = v->waiting.seconds;
    ret->stalled = pb_text(a, v->stalled, NAME_BYTES);
    if (v->job) {
        ret->job = pb_take(a, 1, sizeof(*ret->job));
        pb_job(a, v->job, ret->job);
    }
}

void pb_ledger(struct arena *a, const struct ledger_view *v, Pb__Ledger *ret)
{
    pb__ledger__init(ret);
    if (v->job) {
        ret->job = pb_take(a, 1, sizeof(*ret->job));
        pb_job(a, v->job, ret->job);
    }
    ret->n_first = ret->n_count = ret->n_done = ret->n_hits = v->n_cells;
    ret->first = (uint64_t *)v->first;
    ret->count = (uint64_t *)v->count;
    ret->done = (uint64_t *)v->done;
    ret->hits = (uint64_t *)v->hits;
    Pb__Share *shares = pb_take(a, v->n_shares, sizeof(*shares));
    ret->n_shares = v->n_shares;
    ret->shares = pb_take(a, v->n_shares, sizeof(*ret->shares));
    for (size_t i = 0; i < v->n_shares; i++) {
        pb__share__init(&shares[i]);
        shares[i].worker = pb_hex64(a, v->shares[i].worker);
        shares[i].name = pb_text(a, v->shares[i].name, NAME_BYTES);
        shares[i].trials = v->shares[i].trials;
        shares[i].hits = v->shares[i].hits;
        ret->shares[i] = &shares[i];
    }
    ret->n_doubt_first = ret->n_doubt_count = v->n_doubts;
    ret->doubt_first = (uint64_t *)v->doubt_first;
    ret->doubt_count = (uint64_t *)v->doubt_count;
    ret->score = v->score;
}

static void pb_answer(struct arena *a, const struct answer_view *v, Pb__Answer *ret)
{
    pb__answer__init(ret);
    ret->job = pb_job_id(a, v->job);
    ret->name = pb_text(a, v->name, NAME_BYTES);
    ret->seed = v->seed;
    ret->trials = v->trials;
    ret->hits = v->hits;
    ret->pi = v->pi;
    ret->stderr = v->stderr_;
    ret->ci_low = v->ci_low;
    ret->ci_high = v->ci_high;
    ret->elapsed_ms = pb_ms(v->elapsed_ms);
    ret->program = pb_text(a, v->program, NAME_BYTES);
    ret->score = v->score;
    ret->any_low = v->any_low;
    ret->any_high = v->any_high;
}

void pb_history(struct arena *a, const struct answer_view *v, size_t n,
                Pb__History *ret)
{
    pb__history__init(ret);
    Pb__Answer *answers = pb_take(a, n, sizeof(*answers));
    ret->n_answers = n;
    ret->answers = pb_take(a, n, sizeof(*ret->answers));
    for (size_t i = 0; i < n; i++) {
        pb_answer(a, &v[i], &answers[i]);
        ret->answers[i] = &answers[i];
    }
}

void pb_event(struct arena *a, const struct event_view *v, Pb__Event *ret)
{
    pb__event__init(ret);
    ret->what = pb_text(a, v->what, NAME_BYTES);
    ret->job = v->job ? pb_job_id(a, v->job) : (char *)protobuf_c_empty_string;
    ret->name = pb_text(a, v->name, NAME_BYTES);
    ret->worker = pb_text(a, v->worker, NAME_BYTES);
    ret->reason = pb_text(a, v->reason, TEXT_BYTES);
    ret->program = pb_text(a, v->program, NAME_BYTES);
    ret->first = v->first;
    ret->trials = v->trials;
    ret->ranges = v->ranges;
    ret->threads = v->threads;
    ret->connections = v->connections;
    ret->late_ms = v->late_ms;
    ret->time_ms = v->time_ms;
}

void pb_events(struct arena *a, const struct event_view *v, size_t n, Pb__Events *ret)
{
    pb__events__init(ret);
    Pb__Event *events = pb_take(a, n, sizeof(*events));
    ret->n_events = n;
    ret->events = pb_take(a, n, sizeof(*ret->events));
    for (size_t i = 0; i < n; i++) {
        pb_event(a, &v[i], &events[i]);
        ret->events[i] = &events[i];
    }
}
