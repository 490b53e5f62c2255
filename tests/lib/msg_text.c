// SPDX-License-Identifier: MIT
#include "tests/lib/msg_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/wire/names.h"

static void put_u64(FILE *out, const char *field, uint64_t value)
{
    fprintf(out, "%s: %" PRIu64 "\n", field, value);
}

static void put_text(FILE *out, const char *field, const char *text)
{
    fprintf(out, "%s: \"%s\"\n", field, text);
}

/* All digits; NaN of either sign as "nan". */
static void put_double(FILE *out, const char *field, double value)
{
    if (isnan(value))
        fprintf(out, "%s: nan\n", field);
    else
        fprintf(out, "%s: %.17g\n", field, value);
}

static void put_bytes(FILE *out, const char *field, const uint8_t *bytes, size_t n)
{
    fprintf(out, "%s: %s", field, n ? "" : "-");
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%02x", bytes[i]);
    fputc('\n', out);
}

static void put_u64s(FILE *out, const char *field, const uint64_t *values, size_t n)
{
    fprintf(out, "%s: [", field);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%" PRIu64, i ? " " : "", values[i]);
    fputs("]\n", out);
}

/* Masks of leases. */
static void put_masks(FILE *out, const char *field, const uint64_t *values, size_t n)
{
    fprintf(out, "%s: [", field);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s0x%" PRIx64, i ? " " : "", values[i]);
    fputs("]\n", out);
}

static void put_u32s(FILE *out, const char *field, const uint32_t *values, size_t n)
{
    fprintf(out, "%s: [", field);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%" PRIu32, i ? " " : "", values[i]);
    fputs("]\n", out);
}

static void put_hello(FILE *out, const struct msg_hello *m)
{
    fputs("hello\n", out);
    put_u64(out, "protocol_min", m->protocol_min);
    put_u64(out, "protocol_max", m->protocol_max);
    put_text(out, "program", m->program);
    put_text(out, "version", m->version);
    put_u64(out, "role", m->role);
    put_bytes(out, "proof", m->proof, m->proof_bytes);
    if (m->role != ROLE_WORKER)
        return;
    put_text(out, "name", m->name);
    put_bytes(out, "secret", m->secret, UID_BYTES);
    put_u64(out, "threads", m->threads);
    put_text(out, "kernel", m->kernel);
    put_u64(out, "test_hits", m->test_hits);
    for (size_t i = 0; i < m->n_offers; i++) {
        put_text(out, "offer", m->offer[i]);
        put_u64(out, "offer_test", m->offer_test[i]);
        put_double(out, "offer_rate", m->offer_rate[i]);
    }
}

static void put_welcome(FILE *out, const struct msg_welcome *m)
{
    fputs("welcome\n", out);
    put_u64(out, "protocol", m->protocol);
    put_text(out, "version", m->version);
    put_u64(out, "heartbeat_ms", m->heartbeat_ms);
    put_u64(out, "silent_ms", m->silent_ms);
    fprintf(out, "worker: %016" PRIx64 "\n", m->worker);
    put_text(out, "name", m->name);
}

static void put_refusal(FILE *out, const struct msg_refusal *m)
{
    fputs("refusal\n", out);
    put_u64(out, "code", m->code);
    put_text(out, "sentence", m->sentence);
    put_text(out, "hint", m->hint);
    put_u64(out, "protocol_min", m->protocol_min);
    put_u64(out, "protocol_max", m->protocol_max);
}

static void put_resume(FILE *out, const struct msg_resume *m)
{
    fputs("resume\n", out);
    put_bytes(out, "job", m->job, m->n * UID_BYTES);
    put_u64s(out, "grant", m->grant, m->n);
    put_u32s(out, "thread", m->thread, m->n);
    put_u64s(out, "first", m->first, m->n);
    put_u64s(out, "count", m->count, m->n);
    put_u32s(out, "lease_log2", m->lease_log2, m->n);
    put_bytes(out, "token", m->token, m->n * TOKEN_BYTES);
    put_masks(out, "computing", m->computing, m->n);
    put_masks(out, "unanswered", m->unanswered, m->n);
    put_u64(out, "last", m->last);
    for (size_t i = 0; i < m->n_failed; i++) {
        put_text(out, "failed", m->failed[i]);
        put_text(out, "failed_why", m->failed_why[i]);
        put_bytes(out, "failed_stderr", (const uint8_t *)m->failed_stderr[i],
                  strlen(m->failed_stderr[i]));
    }
}

static void put_grants(FILE *out, const struct msg_grants *m)
{
    fputs("grants\n", out);
    put_bytes(out, "job", m->job, UID_BYTES);
    put_u64(out, "seed", m->seed);
    put_u64s(out, "grant", m->grant, m->n);
    put_u32s(out, "thread", m->thread, m->n);
    put_u64s(out, "first", m->first, m->n);
    put_u64s(out, "count", m->count, m->n);
    put_u32s(out, "lease_log2", m->lease_log2, m->n);
    put_bytes(out, "token", m->token, m->n * TOKEN_BYTES);
    if (m->program && *m->program) {
        put_text(out, "program", m->program);
        put_text(out, "arg", m->arg);
        put_u64(out, "score", m->score);
    }
}

static void put_results(FILE *out, const struct msg_results *m)
{
    fputs("results\n", out);
    put_u64s(out, "grant", m->grant, m->n);
    put_masks(out, "leases", m->leases, m->n);
    put_u64s(out, "rate", m->rate, m->n);
    put_u64s(out, "hits", m->hits, m->n_hits);
    put_u64s(out, "pieces", m->pieces, m->n_pieces);
    put_u32s(out, "group_pieces", m->group_pieces, m->n);
}

static void put_answers(FILE *out, const struct msg_answers *m)
{
    fputs("answers\n", out);
    put_u64s(out, "grant", m->grant, m->n);
    put_masks(out, "counted", m->counted, m->n);
    put_masks(out, "covered", m->covered, m->n);
    put_masks(out, "dropped", m->dropped, m->n);
    put_masks(out, "stale", m->stale, m->n);
}

static void put_leases(FILE *out, const char *what, const struct msg_leases *m)
{
    fprintf(out, "%s\n", what);
    put_u64s(out, "grant", m->grant, m->n);
    put_masks(out, "leases", m->leases, m->n);
}

static const char *verb_word(enum request_verb verb)
{
    static const char *const words[] = {
        [REQUEST_SUBMIT] = "submit",   [REQUEST_CANCEL] = "cancel",
        [REQUEST_PAUSE] = "pause",     [REQUEST_RESUME] = "resume",
        [REQUEST_EXTEND] = "extend",   [REQUEST_DRAIN] = "drain",
        [REQUEST_KICK] = "kick",       [REQUEST_STATUS] = "status",
        [REQUEST_JOBS] = "jobs",       [REQUEST_WORKERS] = "workers",
        [REQUEST_HISTORY] = "history", [REQUEST_LEDGER] = "ledger",
        [REQUEST_WATCH] = "watch",     [REQUEST_TOKEN] = "token",
        [REQUEST_BACKUP] = "backup",   [REQUEST_TRUST] = "trust",
        [REQUEST_BAN] = "ban",         [REQUEST_PARDON] = "pardon",
        [REQUEST_UNTRUST] = "untrust", [REQUEST_RM] = "rm",
        [REQUEST_EVENTS] = "events",
    };
    return words[verb];
}

static void put_submit(FILE *out, const struct msg_submit *m)
{
    put_bytes(out, "request", m->request, UID_BYTES);
    switch (m->rule) {
    case STOP_TRIALS:
        put_u64(out, "trials", m->trials);
        break;
    case STOP_STDERR:
        put_double(out, "until_stderr", m->until_stderr);
        break;
    case STOP_TIME:
        put_u64(out, "for_ms", (uint64_t)m->for_ms);
        break;
    }
    put_u64(out, "seed_given", m->seed_given);
    put_u64(out, "seed", m->seed);
    put_text(out, "name", m->name);
    put_u64(out, "weight", m->weight);
    put_u64(out, "audit", m->audit);
    if (m->audit_given)
        put_u64(out, "audit_given", m->audit_given);
    if (*m->program) {
        put_text(out, "program", m->program);
        put_text(out, "arg", m->arg);
        put_double(out, "scale", m->scale);
        put_u64(out, "score", m->score);
        put_u64(out, "test_given", m->test_given);
        put_u64(out, "test", m->test);
    }
}

static void put_request(FILE *out, const struct msg_request *m)
{
    fprintf(out, "request %s\n", verb_word(m->verb));
    put_u64(out, "id", m->id);
    switch (m->verb) {
    case REQUEST_SUBMIT:
        put_submit(out, &m->submit);
        return;
    case REQUEST_DRAIN:
    case REQUEST_KICK:
    case REQUEST_TRUST:
    case REQUEST_BAN:
    case REQUEST_PARDON:
    case REQUEST_UNTRUST:
        put_text(out, "worker", m->worker);
        put_u64(out, "all", m->all);
        return;
    case REQUEST_EXTEND:
        put_u64(out, "trials", m->trials);
        break;
    case REQUEST_TOKEN:
        put_u64(out, "rotate", m->rotate);
        put_u64(out, "role", m->role);
        return;
    case REQUEST_EVENTS:
        put_u64(out, "follow", m->follow);
        return;
    case REQUEST_WATCH:
        put_u64(out, "interval_ms", m->interval_ms);
        break;
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_STATUS:
    case REQUEST_LEDGER:
    case REQUEST_RM:
        break;
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_BACKUP:
        return;
    }
    put_u64(out, "job", m->job);
}

/* What was recorded before there was one does not say that it is none. */
static void put_anytime(FILE *out, double low, double high)
{
    if (isnan(low) && isnan(high))
        return;
    put_double(out, "any_low", low);
    put_double(out, "any_high", high);
}

static void put_job(FILE *out, const struct job_view *v)
{
    put_u64(out, "job", v->number);
    put_text(out, "name", v->name);
    put_text(out, "state", job_state_name(v->state));
    put_text(out, "reason", v->reason);
    put_text(out, "stalled", v->stalled);
    put_u64(out, "seed", v->seed);
    put_u64(out, "trials", v->trials);
    put_u64(out, "done", v->done);
    put_u64(out, "hits", v->hits);
    put_u64(out, "verified_done", v->verified_done);
    put_u64(out, "verified_hits", v->verified_hits);
    put_double(out, "pi", v->pi);
    put_double(out, "stderr", v->stderr_);
    put_double(out, "ci_low", v->ci_low);
    put_double(out, "ci_high", v->ci_high);
    put_double(out, "rate", v->rate);
    put_u64(out, "rule", v->rule);
    put_double(out, "until_stderr", v->rule == STOP_STDERR ? v->until_stderr : 0);
    put_u64(out, "for_ms", v->rule == STOP_TIME ? (uint64_t)v->for_ms : 0);
    put_u64(out, "weight", v->weight);
    put_u64(out, "elapsed_ms", (uint64_t)v->elapsed_ms);
    put_u64(out, "leased", v->leased);
    put_u64(out, "computed_again", v->computed_again);
    put_u64(out, "surplus", v->surplus);
    put_bytes(out, "uid", v->uid, UID_BYTES);
    put_text(out, "audit", audit_policy_name(v->audit));
    put_text(out, "doubt", v->doubt);
    put_u64(out, "doubtful", v->doubtful);
    put_text(out, "program", v->program);
    put_text(out, "arg", v->arg);
    put_double(out, "scale", v->scale);
    put_u64(out, "score", v->score);
    put_u64(out, "test_known", v->test_known);
    put_u64(out, "test", v->test);
    put_u64(out, "submitted_ms", (uint64_t)v->submitted_ms);
    put_u64(out, "started_ms", (uint64_t)v->started_ms);
    put_u64(out, "ended_ms", (uint64_t)v->ended_ms);
    put_anytime(out, v->any_low, v->any_high);
}

static void put_program(FILE *out, const struct program_view *v)
{
    put_text(out, "program", v->name);
    put_text(out, "state", program_state_name(v->state));
    put_u64(out, "test_known", v->test_known);
    put_u64(out, "test", v->test);
    put_double(out, "rate", v->rate);
    put_text(out, "reason", v->reason);
    put_bytes(out, "stderr", (const uint8_t *)v->stderr_, strlen(v->stderr_));
}

static void put_worker(FILE *out, const struct worker_view *v)
{
    fprintf(out, "worker: %016" PRIx64 "\n", v->id);
    put_text(out, "name", v->name);
    put_text(out, "address", v->address);
    put_u64(out, "threads", v->threads);
    put_text(out, "kernel", v->kernel);
    put_text(out, "state", worker_state_name(v->state));
    put_double(out, "rate", v->rate);
    put_u64(out, "trials", v->trials);
    put_text(out, "version", v->version);
    put_u64(out, "leases", v->leases);
    put_u64(out, "last_seen_ms", (uint64_t)v->last_seen_ms);
    put_text(out, "trust", worker_trust_name(v->trust));
    put_u64(out, "audited", v->audited);
    put_u64(out, "audits", v->audits);
    put_double(out, "z", v->z);
    put_u64(out, "audit_ms", (uint64_t)v->audit_ms);
    if (v->trusted_as)
        put_text(out, "trusted_as", trusted_as_name(v->trusted_as));
    if (v->removed)
        put_text(out, "removed", worker_removed_name(v->removed));
    for (size_t i = 0; i < v->n_programs; i++)
        put_program(out, &v->programs[i]);
    put_u64(out, "joined_ms", (uint64_t)v->joined_ms);
    put_u64(out, "seen_ms", (uint64_t)v->seen_ms);
}

static void put_status(FILE *out, const struct status_view *v)
{
    put_text(out, "version", v->version);
    put_u64(out, "protocol", v->protocol);
    put_u64(out, "uptime_ms", (uint64_t)v->uptime_ms);
    put_text(out, "state", coord_state_name(v->state));
    put_text(out, "reason", v->reason);
    put_text(out, "stalled", v->stalled);
    put_u64(out, "workers", v->workers);
    put_u64(out, "threads", v->threads);
    put_u64(out, "jobs_active", v->jobs_active);
    put_double(out, "rate", v->rate);
    put_u64(out, "time_ms", (uint64_t)v->host.time_ms);
    put_u64(out, "connections", v->host.connections);
    put_u64(out, "fds_used", v->host.fds_used);
    put_u64(out, "fds_limit", v->host.fds_limit);
    put_u64(out, "audits", v->audits.due);
    put_u64(out, "audit_trials", v->audits.trials);
    put_u64(out, "audit_wait_ms", (uint64_t)v->audits.wait_ms);
    put_text(out, "audit_help", v->audits.help);
    put_text(out, "audit", audit_policy_name(v->audit));
    put_u64(out, "trials_waiting", v->waiting.trials);
    put_u64(out, "threads_wanted", v->waiting.threads);
    put_double(out, "seconds_waiting", v->waiting.seconds);
    if (v->job)
        put_job(out, v->job);
}

static void put_ledger(FILE *out, const struct ledger_view *v)
{
    if (v->job)
        put_job(out, v->job);
    put_u64s(out, "first", v->first, v->n_cells);
    put_u64s(out, "count", v->count, v->n_cells);
    put_u64s(out, "done", v->done, v->n_cells);
    put_u64s(out, "hits", v->hits, v->n_cells);
    for (size_t i = 0; i < v->n_shares; i++) {
        fprintf(out, "share: %016" PRIx64 " \"%s\" %" PRIu64 " %" PRIu64 "\n",
                v->shares[i].worker, v->shares[i].name, v->shares[i].trials,
                v->shares[i].hits);
    }
    put_u64s(out, "doubt_first", v->doubt_first, v->n_doubts);
    put_u64s(out, "doubt_count", v->doubt_count, v->n_doubts);
    put_u64(out, "score", v->score);
}

static void put_answer(FILE *out, const struct answer_view *v)
{
    put_u64(out, "job", v->job);
    put_text(out, "name", v->name);
    put_u64(out, "seed", v->seed);
    put_u64(out, "trials", v->trials);
    put_u64(out, "hits", v->hits);
    put_double(out, "pi", v->pi);
    put_double(out, "stderr", v->stderr_);
    put_double(out, "ci_low", v->ci_low);
    put_double(out, "ci_high", v->ci_high);
    put_u64(out, "elapsed_ms", (uint64_t)v->elapsed_ms);
    put_text(out, "program", v->program);
    put_u64(out, "score", v->score);
    put_anytime(out, v->any_low, v->any_high);
}

static void put_event(FILE *out, const struct event_view *v)
{
    put_text(out, "what", v->what);
    put_u64(out, "job", v->job);
    put_text(out, "name", v->name);
    put_text(out, "worker", v->worker);
    put_text(out, "reason", v->reason);
    put_text(out, "program", v->program);
    put_u64(out, "first", v->first);
    put_u64(out, "trials", v->trials);
    put_u64(out, "ranges", v->ranges);
    put_u64(out, "threads", v->threads);
    put_u64(out, "connections", v->connections);
    put_u64(out, "late_ms", v->late_ms);
    put_u64(out, "time_ms", v->time_ms);
}

static const char *body_word(enum reply_body body)
{
    static const char *const words[] = {
        [REPLY_ERROR] = "error",     [REPLY_DONE] = "done",
        [REPLY_JOB] = "job",         [REPLY_JOBS] = "jobs",
        [REPLY_WORKERS] = "workers", [REPLY_STATUS] = "status",
        [REPLY_LEDGER] = "ledger",   [REPLY_HISTORY] = "history",
        [REPLY_TOKEN] = "token",     [REPLY_BACKUP] = "backup",
        [REPLY_EVENTS] = "events",
    };
    return words[body];
}

static void put_reply(FILE *out, const struct msg_reply *m)
{
    fprintf(out, "reply %s\n", body_word(m->body));
    put_u64(out, "id", m->id);
    put_u64(out, "last", m->last);
    switch (m->body) {
    case REPLY_ERROR:
        put_u64(out, "code", m->error.code);
        put_text(out, "message", m->error.message);
        put_text(out, "hint", m->error.hint);
        return;
    case REPLY_DONE:
        if (*m->done.note)
            put_text(out, "note", m->done.note);
        if (m->done.worker)
            put_worker(out, m->done.worker);
        return;
    case REPLY_JOB:
        put_job(out, &m->job);
        return;
    case REPLY_JOBS:
        for (size_t i = 0; i < m->jobs.n; i++)
            put_job(out, &m->jobs.jobs[i]);
        return;
    case REPLY_WORKERS:
        for (size_t i = 0; i < m->workers.n; i++)
            put_worker(out, &m->workers.workers[i]);
        return;
    case REPLY_STATUS:
        put_status(out, &m->status);
        return;
    case REPLY_LEDGER:
        put_ledger(out, &m->ledger);
        return;
    case REPLY_HISTORY:
        for (size_t i = 0; i < m->history.n; i++)
            put_answer(out, &m->history.answers[i]);
        return;
    case REPLY_TOKEN:
        for (size_t i = 0; i < m->token.joins.n_workers; i++)
            put_text(out, "worker", m->token.joins.workers[i]);
        for (size_t i = 0; i < m->token.joins.n_operators; i++)
            put_text(out, "operator", m->token.joins.operators[i]);
        put_u64(out, "ended", m->token.ended);
        put_u64(out, "fetch", m->token.joins.fetch);
        break;
    case REPLY_BACKUP:
        put_u64(out, "size", m->backup.size);
        put_bytes(out, "data", m->backup.data, m->backup.bytes);
        return;
    case REPLY_EVENTS:
        for (size_t i = 0; i < m->events.n; i++)
            put_event(out, &m->events.events[i]);
        return;
    }
}

static void put_msg(FILE *out, const struct msg *m)
{
    switch (m->type) {
    case MSG_HELLO:
        put_hello(out, &m->hello);
        return;
    case MSG_WELCOME:
        put_welcome(out, &m->welcome);
        return;
    case MSG_REFUSAL:
        put_refusal(out, &m->refusal);
        return;
    case MSG_BYE:
        fputs("bye\n", out);
        put_text(out, "reason", m->bye.reason);
        return;
    case MSG_HEARTBEAT:
        fputs("heartbeat\n", out);
        put_u64s(out, "grant", m->heartbeat.grant, m->heartbeat.n);
        put_u32s(out, "lease", m->heartbeat.lease, m->heartbeat.n);
        return;
    case MSG_RESUME:
        put_resume(out, &m->resume);
        return;
    case MSG_GRANTS:
        put_grants(out, &m->grants);
        return;
    case MSG_RESULTS:
        put_results(out, &m->results);
        return;
    case MSG_ANSWERS:
        put_answers(out, &m->answers);
        return;
    case MSG_CANCEL:
        put_leases(out, "cancel", &m->leases);
        return;
    case MSG_GIVE_BACK:
        put_leases(out, "give_back", &m->leases);
        return;
    case MSG_DRAIN:
        fputs("drain\n", out);
        put_text(out, "reason", m->bye.reason);
        return;
    case MSG_REQUEST:
        put_request(out, &m->request);
        return;
    case MSG_REPLY:
        put_reply(out, &m->reply);
        return;
    }
}

char *msg_text(const struct msg *m)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    put_msg(out, m);
    fclose(out);
    return text;
}
