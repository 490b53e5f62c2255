// SPDX-License-Identifier: MIT
/*
 * Decodes and checks the views of jobs, workers, the coordinator, ledgers and answers,
 * from the network or from a JSON file.  Pure.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

/* The state among 1..last that has this name. */
static int check_state(struct pb_check *c, const char *what, const char *text,
                       const char *(*name)(int state), int last, int *ret_state)
{
    int r = check_text(c, what, "state", text, NAME_BYTES);
    if (r < 0)
        return r;
    for (int state = 1; state <= last; state++) {
        if (strcmp(name(state), text) == 0) {
            *ret_state = state;
            return 0;
        }
    }
    return BAD(c, "%s: unknown state \"%s\"", what, text);
}

static const char *job_state_text(int state)
{
    return job_state_name((enum job_state)state);
}

static const char *worker_state_text(int state)
{
    return worker_state_name((enum worker_state)state);
}

static const char *coord_state_text(int state)
{
    return coord_state_name((enum coord_state)state);
}

static const char *trust_text(int trust)
{
    return worker_trust_name((enum worker_trust)trust);
}

static const char *trusted_as_text(int why)
{
    return trusted_as_name((enum trusted_as)why);
}

static const char *removed_text(int how)
{
    return worker_removed_name((enum worker_removed)how);
}

static const char *program_state_text(int state)
{
    return program_state_name((enum program_state)state);
}

/* Older coordinators send an empty text: they had one policy only. */
static int check_audit(struct pb_check *c, const char *what, const char *text,
                       enum audit_policy *ret)
{
    for (int p = AUDIT_ADAPTIVE; p <= AUDIT_NONE; p++)
        if (!*text || strcmp(audit_policy_name((enum audit_policy)p), text) == 0) {
            *ret = (enum audit_policy)p;
            return 0;
        }
    return BAD(c, "%s: an audit policy that is none", what);
}

static int check_rule(struct pb_check *c, const Pb__Job *p, struct job_view *ret)
{
    bool by_error = p->until_stderr != 0, by_time = p->for_ms != 0;
    if ((by_error && by_time) || !isfinite(p->until_stderr) || p->until_stderr < 0)
        return BAD(c, "job: more than one stop rule, or one that is no number");
    ret->rule = by_error ? STOP_STDERR : by_time ? STOP_TIME : STOP_TRIALS;
    ret->until_stderr = p->until_stderr;
    ret->for_ms = (int64_t)p->for_ms;
    return check_ms(c, "job", "for_ms", p->for_ms);
}

int view_job(struct pb_check *c, const Pb__Job *p, struct job_view *ret)
{
    int state;
    *ret = (struct job_view){
        .name = p->name, .reason = p->reason, .stalled = p->stalled, .doubt = p->doubt};
    if (check_job_ref(c, "job", p->id, false, &ret->number) < 0 ||
        check_name(c, "job", p->name, true) < 0 ||
        check_state(c, "job", p->state, job_state_text, JOB_FAILED, &state) < 0 ||
        check_text(c, "job", "reason", p->reason, TEXT_BYTES) < 0 ||
        check_text(c, "job", "stalled", p->stalled, NAME_BYTES) < 0 ||
        check_text(c, "job", "doubt", p->doubt, TEXT_BYTES) < 0 ||
        check_range(c, "job", "trials", p->trials, 0, TRIALS_MAX) < 0 ||
        check_hits(c, "job", p->done, p->hits, p->score) < 0 ||
        check_hits(c, "job", p->verified_done, p->verified_hits, p->score) < 0 ||
        check_program(c, "job", p->program, p->arg, p->score) < 0 ||
        check_scale(c, "job", p->program, p->scale, &ret->scale) < 0 ||
        check_test(c, "job", p->program_test, &ret->test_known, &ret->test) < 0 ||
        check_estimate(c, "job", p->pi, p->stderr, p->ci_low, p->ci_high) < 0 ||
        check_anytime(c, "job", p->any_low, p->any_high, &ret->any_low,
                      &ret->any_high) < 0 ||
        check_rate(c, "job", p->rate) < 0 || check_rule(c, p, ret) < 0 ||
        check_ms(c, "job", "elapsed_ms", p->elapsed_ms) < 0 ||
        check_ms(c, "job", "submitted_ms", p->submitted_ms) < 0 ||
        check_ms(c, "job", "started_ms", p->started_ms) < 0 ||
        check_ms(c, "job", "ended_ms", p->ended_ms) < 0 ||
        check_audit(c, "job", p->audit, &ret->audit) < 0 ||
        check_hex(c, "job", "uid", p->uid, ret->uid, UID_BYTES) < 0)
        return -EBADMSG;
    ret->state = (enum job_state)state;
    ret->seed = p->seed;
    ret->trials = p->trials;
    ret->done = p->done;
    ret->hits = p->hits;
    ret->verified_done = p->verified_done;
    ret->verified_hits = p->verified_hits;
    ret->pi = p->pi;
    ret->stderr_ = p->stderr;
    ret->ci_low = p->ci_low;
    ret->ci_high = p->ci_high;
    ret->rate = p->rate;
    ret->weight = p->weight;
    ret->elapsed_ms = (int64_t)p->elapsed_ms;
    ret->leased = p->leased;
    ret->computed_again = p->computed_again;
    ret->surplus = p->surplus;
    ret->doubtful = p->doubtful;
    ret->program = p->program;
    ret->arg = p->arg;
    ret->score = p->score;
    ret->submitted_ms = (int64_t)p->submitted_ms;
    ret->started_ms = (int64_t)p->started_ms;
    ret->ended_ms = (int64_t)p->ended_ms;
    return 0;
}

/* Memory for a list of n views, at most LIST_MAX; otherwise NULL, and the sentence is
 * set. */
static void *view_list(struct pb_check *c, const char *what, size_t n, size_t size)
{
    if (check_range(c, what, "length of a list", n, 0, LIST_MAX) < 0)
        return NULL;
    return arena_array(c->arena, n, size);
}

int view_jobs(struct pb_check *c, const Pb__Jobs *p, struct msg_reply *ret)
{
    struct job_view *jobs = view_list(c, "jobs", p->n_jobs, sizeof(*jobs));
    if (!jobs)
        return -EBADMSG;
    for (size_t i = 0; i < p->n_jobs; i++)
        if (view_job(c, p->jobs[i], &jobs[i]) < 0)
            return -EBADMSG;
    ret->jobs.n = p->n_jobs;
    ret->jobs.jobs = jobs;
    return 0;
}

static int view_program(struct pb_check *c, const Pb__Program *p,
                        struct program_view *ret)
{
    int state;
    *ret = (struct program_view){
        .name = p->name, .rate = p->rate, .reason = p->reason, .stderr_ = p->stderr};
    if (check_program_name(c, "program", p->name) < 0 ||
        check_state(c, "program", p->state, program_state_text, PROGRAM_EXCLUDED,
                    &state) < 0 ||
        check_test(c, "program", p->test, &ret->test_known, &ret->test) < 0 ||
        check_rate(c, "program", p->rate) < 0 ||
        check_text(c, "program", "reason", p->reason, TEXT_BYTES) < 0 ||
        check_lines(c, "program", "stderr", p->stderr, STDERR_BYTES) < 0)
        return -EBADMSG;
    ret->state = (enum program_state)state;
    return 0;
}

static int view_programs(struct pb_check *c, const Pb__Worker *p,
                         struct worker_view *ret)
{
    if (check_range(c, "worker", "number of programs", p->n_programs, 0, PROGRAMS_MAX) <
        0)
        return -EBADMSG;
    struct program_view *programs =
        arena_array(c->arena, p->n_programs, sizeof(*programs));
    if (!programs)
        return -EBADMSG;
    for (size_t i = 0; i < p->n_programs; i++)
        if (view_program(c, p->programs[i], &programs[i]) < 0)
            return -EBADMSG;
    ret->n_programs = p->n_programs;
    ret->programs = programs;
    return 0;
}

static int view_worker(struct pb_check *c, const Pb__Worker *p, struct worker_view *ret)
{
    int state, trust = TRUST_PROBATION, as = TRUSTED_NOT, removed = REMOVED_NOT;
    *ret = (struct worker_view){.name = p->name,
                                .address = p->address,
                                .kernel = p->kernel,
                                .version = p->version,
                                .threads = p->threads,
                                .rate = p->rate,
                                .trials = p->trials,
                                .leases = p->leases,
                                .last_seen_ms = (int64_t)p->last_seen_ms,
                                .audited = p->audited,
                                .audits = p->audits,
                                .z = p->z,
                                .audit_ms = (int64_t)p->audit_ms,
                                .joined_ms = (int64_t)p->joined_ms,
                                .seen_ms = (int64_t)p->seen_ms};
    if (check_hex64(c, "worker", "worker", p->id, &ret->id) < 0 ||
        check_name(c, "worker", p->name, true) < 0 ||
        check_text(c, "worker", "address", p->address, ADDRESS_TEXT_BYTES) < 0 ||
        check_text(c, "worker", "kernel", p->kernel, TEXT_BYTES) < 0 ||
        check_text(c, "worker", "version", p->version, TEXT_BYTES) < 0 ||
        check_state(c, "worker", p->state, worker_state_text, WORKER_LEFT, &state) <
            0 ||
        (*p->trust && /* older coordinators do not send it */
         check_state(c, "worker", p->trust, trust_text, TRUST_FULL, &trust) < 0) ||
        (*p->trusted_as && check_state(c, "worker", p->trusted_as, trusted_as_text,
                                       TRUSTED_NAMED, &as) < 0) ||
        (*p->removed && check_state(c, "worker", p->removed, removed_text,
                                    REMOVED_BANNED, &removed) < 0) ||
        check_rate(c, "worker", p->rate) < 0 ||
        check_range(c, "worker", "trials", p->trials, 0, TRIALS_MAX) < 0 ||
        check_ms(c, "worker", "last_seen_ms", p->last_seen_ms) < 0 ||
        check_ms(c, "worker", "audit_ms", p->audit_ms) < 0 ||
        check_ms(c, "worker", "joined_ms", p->joined_ms) < 0 ||
        check_ms(c, "worker", "seen_ms", p->seen_ms) < 0 ||
        view_programs(c, p, ret) < 0)
        return -EBADMSG;
    if (!isfinite(p->z))
        return BAD(c, "worker: z is no number");
    ret->trust = (enum worker_trust)trust;
    ret->state = (enum worker_state)state;
    ret->trusted_as = (enum trusted_as)as;
    ret->removed = (enum worker_removed)removed;
    return 0;
}

int view_done(struct pb_check *c, const Pb__Done *p, struct msg_reply *ret)
{
    ret->done.worker = NULL;
    ret->done.note = p->note;
    if (check_text(c, "done", "note", p->note, TEXT_BYTES) < 0)
        return -EBADMSG;
    if (!p->worker)
        return 0;
    struct worker_view *worker = arena_alloc(c->arena, sizeof(*worker));
    ret->done.worker = worker;
    return worker ? view_worker(c, p->worker, worker) : -EBADMSG;
}

int view_workers(struct pb_check *c, const Pb__Workers *p, struct msg_reply *ret)
{
    struct worker_view *workers =
        view_list(c, "workers", p->n_workers, sizeof(*workers));
    if (!workers)
        return -EBADMSG;
    for (size_t i = 0; i < p->n_workers; i++)
        if (view_worker(c, p->workers[i], &workers[i]) < 0)
            return -EBADMSG;
    ret->workers.n = p->n_workers;
    ret->workers.workers = workers;
    return 0;
}

/* A job within another view; *ret is NULL if there is none. */
static int view_inner_job(struct pb_check *c, const Pb__Job *p,
                          const struct job_view **ret)
{
    *ret = NULL;
    if (!p)
        return 0;
    struct job_view *job = arena_alloc(c->arena, sizeof(*job));
    if (!job || view_job(c, p, job) < 0)
        return -EBADMSG;
    *ret = job;
    return 0;
}

int view_status(struct pb_check *c, const Pb__Status *p, struct status_view *ret)
{
    int state;
    *ret = (struct status_view){.version = p->version,
                                .protocol = p->protocol,
                                .uptime_ms = (int64_t)p->uptime_ms,
                                .reason = p->reason,
                                .stalled = p->stalled,
                                .workers = p->workers,
                                .threads = p->threads,
                                .jobs_active = p->jobs_active,
                                .rate = p->rate,
                                .host = {.time_ms = (int64_t)p->time_ms,
                                         .connections = p->connections,
                                         .fds_used = p->fds_used,
                                         .fds_limit = p->fds_limit},
                                .audits = {.due = p->audits,
                                           .trials = p->audit_trials,
                                           .wait_ms = (int64_t)p->audit_wait_ms,
                                           .help = p->audit_help},
                                .waiting = {.trials = p->trials_waiting,
                                            .threads = p->threads_wanted,
                                            .seconds = p->seconds_waiting}};
    if (check_text(c, "status", "version", p->version, TEXT_BYTES) < 0 ||
        check_ms(c, "status", "uptime_ms", p->uptime_ms) < 0 ||
        check_state(c, "status", p->state, coord_state_text, COORD_DEGRADED, &state) <
            0 ||
        check_text(c, "status", "reason", p->reason, TEXT_BYTES) < 0 ||
        check_text(c, "status", "stalled", p->stalled, NAME_BYTES) < 0 ||
        check_rate(c, "status", p->rate) < 0 ||
        check_ms(c, "status", "time_ms", p->time_ms) < 0 ||
        check_audit(c, "status", p->audit, &ret->audit) < 0 ||
        check_ms(c, "status", "audit_wait_ms", p->audit_wait_ms) < 0 ||
        check_text(c, "status", "audit_help", p->audit_help, TEXT_BYTES) < 0 ||
        view_inner_job(c, p->job, &ret->job) < 0)
        return -EBADMSG;
    if (isinf(p->seconds_waiting) || p->seconds_waiting < 0)
        return BAD(c, "status: seconds_waiting is no time");
    ret->state = (enum coord_state)state;
    return 0;
}

static int check_cell(struct pb_check *c, const Pb__Ledger *p, size_t i)
{
    if (check_range(c, "ledger", "count", p->count[i], 1, TRIALS_MAX) < 0)
        return -EBADMSG;
    if (p->first[i] > TRIALS_MAX - p->count[i])
        return BAD(c, "ledger: a cell beyond 2^62");
    if (p->done[i] > p->count[i])
        return BAD(c, "ledger: %" PRIu64 " of %" PRIu64 " trials done in a cell",
                   p->done[i], p->count[i]);
    return check_hits(c, "ledger", p->done[i], p->hits[i], p->score);
}

static int check_cells(struct pb_check *c, const Pb__Ledger *p)
{
    size_t n = p->n_first;
    if (check_range(c, "ledger", "number of cells", n, 0, CELLS_MAX) < 0)
        return -EBADMSG;
    if (p->n_count != n || p->n_done != n || p->n_hits != n)
        return BAD(c, "ledger: %zu firsts but %zu counts, %zu done, %zu hits", n,
                   p->n_count, p->n_done, p->n_hits);
    for (size_t i = 0; i < n; i++)
        if (check_cell(c, p, i) < 0)
            return -EBADMSG;
    return 0;
}

static int check_doubts(struct pb_check *c, const Pb__Ledger *p)
{
    if (p->n_doubt_count != p->n_doubt_first)
        return BAD(c, "ledger: %zu starts of ranges in doubt but %zu counts",
                   p->n_doubt_first, p->n_doubt_count);
    for (size_t i = 0; i < p->n_doubt_first; i++)
        if (check_range(c, "ledger", "count in doubt", p->doubt_count[i], 1,
                        TRIALS_MAX) < 0 ||
            check_range(c, "ledger", "start of a range in doubt", p->doubt_first[i], 0,
                        TRIALS_MAX - p->doubt_count[i]) < 0)
            return -EBADMSG;
    return 0;
}

static int view_share(struct pb_check *c, const Pb__Share *p, bool score,
                      struct share_view *ret)
{
    *ret = (struct share_view){.name = p->name, .trials = p->trials, .hits = p->hits};
    if (check_hex64(c, "share", "worker", p->worker, &ret->worker) < 0 ||
        check_name(c, "share", p->name, true) < 0)
        return -EBADMSG;
    return check_hits(c, "share", p->trials, p->hits, score);
}

/* Any number of shares and of ranges in doubt: a file holds those of all frames. */
int view_ledger(struct pb_check *c, const Pb__Ledger *p, struct ledger_view *ret)
{
    struct share_view *shares = arena_array(c->arena, p->n_shares, sizeof(*shares));
    if (!shares || check_cells(c, p) < 0 || check_doubts(c, p) < 0)
        return -EBADMSG;
    *ret = (struct ledger_view){.n_cells = p->n_first,
                                .first = p->first,
                                .count = p->count,
                                .done = p->done,
                                .hits = p->hits,
                                .n_shares = p->n_shares,
                                .shares = shares,
                                .n_doubts = p->n_doubt_first,
                                .doubt_first = p->doubt_first,
                                .doubt_count = p->doubt_count,
                                .score = p->score};
    for (size_t i = 0; i < p->n_shares; i++)
        if (view_share(c, p->shares[i], p->score, &shares[i]) < 0)
            return -EBADMSG;
    return view_inner_job(c, p->job, &ret->job);
}

static int view_answer(struct pb_check *c, const Pb__Answer *p, struct answer_view *ret)
{
    *ret = (struct answer_view){.name = p->name,
                                .seed = p->seed,
                                .trials = p->trials,
                                .hits = p->hits,
                                .pi = p->pi,
                                .stderr_ = p->stderr,
                                .ci_low = p->ci_low,
                                .ci_high = p->ci_high,
                                .elapsed_ms = (int64_t)p->elapsed_ms,
                                .program = p->program,
                                .score = p->score};
    if (check_job_ref(c, "answer", p->job, false, &ret->job) < 0 ||
        check_name(c, "answer", p->name, true) < 0 ||
        check_hits(c, "answer", p->trials, p->hits, p->score) < 0 ||
        check_program(c, "answer", p->program, protobuf_c_empty_string, p->score) < 0 ||
        check_estimate(c, "answer", p->pi, p->stderr, p->ci_low, p->ci_high) < 0 ||
        check_anytime(c, "answer", p->any_low, p->any_high, &ret->any_low,
                      &ret->any_high) < 0)
        return -EBADMSG;
    return check_ms(c, "answer", "elapsed_ms", p->elapsed_ms);
}

int view_history(struct pb_check *c, const Pb__History *p, struct msg_reply *ret)
{
    struct answer_view *answers =
        view_list(c, "history", p->n_answers, sizeof(*answers));
    if (!answers)
        return -EBADMSG;
    for (size_t i = 0; i < p->n_answers; i++)
        if (view_answer(c, p->answers[i], &answers[i]) < 0)
            return -EBADMSG;
    ret->history.n = p->n_answers;
    ret->history.answers = answers;
    return 0;
}

static int view_event(struct pb_check *c, const Pb__Event *p, struct event_view *ret)
{
    *ret = (struct event_view){.what = p->what,
                               .name = p->name,
                               .worker = p->worker,
                               .reason = p->reason,
                               .program = p->program,
                               .first = p->first,
                               .trials = p->trials,
                               .late_ms = p->late_ms,
                               .time_ms = p->time_ms,
                               .ranges = p->ranges,
                               .threads = p->threads,
                               .connections = p->connections};
    if (check_text(c, "event", "what", p->what, NAME_BYTES) < 0 ||
        check_job_ref(c, "event", p->job, true, &ret->job) < 0 ||
        check_text(c, "event", "name", p->name, NAME_BYTES) < 0 ||
        check_text(c, "event", "worker", p->worker, NAME_BYTES) < 0 ||
        check_text(c, "event", "reason", p->reason, TEXT_BYTES) < 0 ||
        check_text(c, "event", "program", p->program, NAME_BYTES) < 0)
        return -EBADMSG;
    return check_range(c, "event", "time_ms", p->time_ms, 0, MS_MAX);
}

int view_events(struct pb_check *c, const Pb__Events *p, struct msg_reply *ret)
{
    struct event_view *events = view_list(c, "events", p->n_events, sizeof(*events));
    if (!events)
        return -EBADMSG;
    for (size_t i = 0; i < p->n_events; i++)
        if (view_event(c, p->events[i], &events[i]) < 0)
            return -EBADMSG;
    ret->events.n = p->n_events;
    ret->events.events = events;
    return 0;
}
