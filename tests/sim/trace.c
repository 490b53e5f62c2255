// SPDX-License-Identifier: MIT
/*
 * A readable trace: "[   1200] w2 > results g3 0-3".  Times are virtual milliseconds;
 * grants get short names in order of first appearance.
 */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>

typedef unsigned long long ull;

static void keep(struct trace *t, const char *line)
{
    snprintf(t->lines[t->n++ % LINES], sizeof(t->lines[0]), "%s", line);
}

static void append(struct trace *t, const char *line)
{
    size_t n = strlen(line);
    if (t->text_bytes + n + 2 > t->text_capacity) {
        t->text_capacity = 2 * (t->text_bytes + n + 2);
        t->text = mem_resize(t->text, t->text_capacity, 1);
    }
    memcpy(t->text + t->text_bytes, line, n);
    t->text_bytes += n;
    t->text[t->text_bytes++] = '\n';
    t->text[t->text_bytes] = 0;
}

void trace_line(struct world *w, const char *format, ...)
{
    char line[200];
    int n = snprintf(line, sizeof(line), "[%7lld] ", (long long)(w->now_us / 1000));
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    if (w->trace.print)
        puts(line);
    else if (w->plan.scripted)
        append(&w->trace, line);
    else
        keep(&w->trace, line);
}

void trace_flush(struct world *w)
{
    struct trace *t = &w->trace;
    size_t from = t->n > LINES ? t->n - LINES : 0;
    for (size_t i = from; i < t->n; i++)
        fprintf(stderr, "  %s\n", t->lines[i % LINES]);
}

/* ---- names ---- */

static size_t grant_name(struct world *w, uint64_t grant)
{
    struct trace *t = &w->trace;
    for (size_t i = 0; i < t->n_grants; i++)
        if (t->grants[i] == grant)
            return i + 1;
    t->grants = mem_resize(t->grants, t->n_grants + 1, sizeof(*t->grants));
    t->grants[t->n_grants++] = grant;
    return t->n_grants;
}

/* "0-3,7" */
static void print_mask(char *out, size_t size, uint64_t mask)
{
    size_t n = 0;
    for (unsigned i = 0; i < 64 && n + 8 < size; i++) {
        if (!(mask >> i & 1))
            continue;
        unsigned to = i;
        while (to < 63 && mask >> (to + 1) & 1)
            to++;
        n += (size_t)snprintf(out + n, size - n, to > i ? "%s%u-%u" : "%s%u",
                              n ? "," : "", i, to);
        i = to;
    }
    out[n] = 0;
}

static const char *const verbs[] = {
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

/* ---- messages ---- */

static void say_leases(struct world *w, const char *who, const char *what, size_t n,
                       const uint64_t *grants, const uint64_t *leases)
{
    for (size_t i = 0; i < n; i++) {
        char mask[80];
        print_mask(mask, sizeof(mask), leases[i]);
        if (leases[i])
            trace_line(w, "%s %s g%zu %s", who, what, grant_name(w, grants[i]), mask);
    }
}

static void say_resume(struct world *w, const char *who, const struct msg_resume *m)
{
    if (m->n == 0)
        trace_line(w, "%s resume nothing", who);
    for (size_t i = 0; i < m->n; i++) {
        char computing[80], unanswered[80];
        print_mask(computing, sizeof(computing), m->computing[i]);
        print_mask(unanswered, sizeof(unanswered), m->unanswered[i]);
        trace_line(w, "%s resume g%zu computing %s unanswered %s", who,
                   grant_name(w, m->grant[i]), *computing ? computing : "none",
                   *unanswered ? unanswered : "none");
    }
}

static void say_grants(struct world *w, const char *who, const struct msg_grants *m)
{
    for (size_t i = 0; i < m->n; i++)
        trace_line(w, "%s grant g%zu job %u [%llu, %llu) in %u to thread %u", who,
                   grant_name(w, m->grant[i]), image_job_of(&w->image, m->job),
                   (ull)m->first[i], (ull)(m->first[i] + m->count[i]),
                   grant_leases(m->first[i], m->count[i], m->lease_log2[i]),
                   m->thread[i]);
}

static void say_reply(struct world *w, const char *who, const struct msg_reply *r)
{
    const struct job_view *j = r->body == REPLY_JOB ? &r->job : NULL;
    if (r->body == REPLY_STATUS)
        j = r->status.job;
    if (r->body == REPLY_ERROR)
        trace_line(w, "%s error: %s", who, r->error.message);
    else if (j)
        trace_line(w, "%s job %llu %s %llu/%llu%s%s", who, (ull)j->number,
                   job_state_name(j->state), (ull)j->done, (ull)j->trials,
                   *j->reason ? ": " : "", j->reason);
    else
        trace_line(w, "%s reply %d", who, (int)r->body);
}

static void trace_peer(struct world *w, const char *who, const struct msg *m)
{
    switch (m->type) {
    case MSG_HELLO:
        trace_line(w, "%s hello", who);
        break;
    case MSG_WELCOME:
        trace_line(w, "%s welcome", who);
        break;
    case MSG_REFUSAL:
        trace_line(w, "%s refusal: %s", who, m->refusal.sentence);
        break;
    case MSG_BYE:
        trace_line(w, "%s bye: %s", who, m->bye.reason);
        break;
    case MSG_DRAIN:
        trace_line(w, "%s drain: %s", who, m->bye.reason);
        break;
    case MSG_HEARTBEAT:
        TRACE(w, "%s heartbeat", who);
        break;
    case MSG_RESUME:
        say_resume(w, who, &m->resume);
        break;
    case MSG_GRANTS:
        say_grants(w, who, &m->grants);
        break;
    case MSG_RESULTS:
        say_leases(w, who, "results", m->results.n, m->results.grant,
                   m->results.leases);
        break;
    case MSG_ANSWERS:
        say_leases(w, who, "counted", m->answers.n, m->answers.grant,
                   m->answers.counted);
        say_leases(w, who, "covered", m->answers.n, m->answers.grant,
                   m->answers.covered);
        say_leases(w, who, "dropped", m->answers.n, m->answers.grant,
                   m->answers.dropped);
        say_leases(w, who, "stale", m->answers.n, m->answers.grant, m->answers.stale);
        break;
    case MSG_CANCEL:
        say_leases(w, who, "cancel", m->leases.n, m->leases.grant, m->leases.leases);
        break;
    case MSG_GIVE_BACK:
        say_leases(w, who, "give back", m->leases.n, m->leases.grant, m->leases.leases);
        break;
    case MSG_REQUEST:
        trace_line(w, "%s %s", who, verbs[m->request.verb]);
        break;
    case MSG_REPLY:
        say_reply(w, who, &m->reply);
        break;
    }
}

void trace_message(struct world *w, const struct cable *l, enum side to,
                   const struct msg *m)
{
    if (!w->trace.people)
        return;
    static const char *const kinds[] = {"worker", "rogue", "operator", "watcher"};
    const char *name = l->party ? l->party->name : kinds[l->kind];
    char who[60];
    if (to == SIDE_HOST)
        snprintf(who, sizeof(who), "%-8s >", name);
    else
        snprintf(who, sizeof(who), "picoord  > %s", name);
    trace_peer(w, who, m);
}

/* ---- the rest ---- */

static const char *const event_words[] = {
    [EVENT_WORKER_JOINED] = "worker joined",
    [EVENT_WORKER_RESUMED] = "worker resumed",
    [EVENT_WORKER_LEFT] = "worker left",
    [EVENT_WORKER_LOST] = "worker lost",
    [EVENT_WORKER_BANNED] = "worker banned",
    [EVENT_WORKER_PARDONED] = "worker pardoned",
    [EVENT_WORKER_TRUSTED] = "worker trusted",
    [EVENT_WORKER_UNTRUSTED] = "worker untrusted",
    [EVENT_PEER_REFUSED] = "peer refused",
    [EVENT_LEASE_EXPIRED] = "lease expired",
    [EVENT_LEASED_AGAIN] = "leased again",
    [EVENT_SPECULATED] = "leased twice",
    [EVENT_JOB_SUBMITTED] = "job submitted",
    [EVENT_JOB_STARTED] = "job started",
    [EVENT_JOB_PAUSED] = "job paused",
    [EVENT_JOB_RESUMED] = "job resumed",
    [EVENT_JOB_EXTENDED] = "job extended",
    [EVENT_JOB_DONE] = "job done",
    [EVENT_JOB_CANCELLED] = "job cancelled",
    [EVENT_JOB_FAILED] = "job failed",
    [EVENT_JOB_REMOVED] = "job removed",
    [EVENT_STORE_FULL] = "store full",
    [EVENT_STORE_RECOVERED] = "store recovered",
    [EVENT_TOKEN_ROTATED] = "token rotated",
    [EVENT_DOUBT] = "job in doubt",
    [EVENT_WORKER_KICKED] = "worker kicked",
    [EVENT_WORKER_EXCLUDED] = "worker excluded",
    [EVENT_CLOCK_LATE] = "clock late",
};

/* What it is about, after its name. */
static void event_text(const struct event *n, char *to, size_t size)
{
    *to = '\0';
    switch (n->type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        snprintf(to, size, "%s, %u threads, holds %u ranges", n->arrival.worker,
                 n->arrival.threads, n->arrival.ranges);
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_KICKED:
    case EVENT_WORKER_BANNED:
        snprintf(to, size, "%s (%.60s), %u ranges, %llu trials", n->departure.worker,
                 n->departure.reason, n->departure.ranges, (ull)n->departure.trials);
        break;
    case EVENT_WORKER_EXCLUDED:
        snprintf(to, size, "%s from %s (%.60s)", n->excluded.worker,
                 n->excluded.program, n->excluded.reason);
        break;
    case EVENT_WORKER_PARDONED:
    case EVENT_WORKER_TRUSTED:
    case EVENT_WORKER_UNTRUSTED:
        snprintf(to, size, "%s", n->named.worker);
        break;
    case EVENT_PEER_REFUSED:
        snprintf(to, size, "(%.60s)", n->refused.reason);
        break;
    case EVENT_LEASE_EXPIRED:
        snprintf(to, size, "%s thread %u, %u ranges, %llu trials", n->expired.worker,
                 n->expired.thread, n->expired.ranges, (ull)n->expired.trials);
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        snprintf(to, size, "job %llu %s from %llu, %llu trials", (ull)n->lease.job,
                 n->lease.worker, (ull)n->lease.first, (ull)n->lease.trials);
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
    case EVENT_JOB_REMOVED:
        snprintf(to, size, "job %llu, %llu trials", (ull)n->job.number,
                 (ull)n->job.done);
        break;
    case EVENT_DOUBT:
        snprintf(to, size, "job %llu, %llu trials", (ull)n->doubt.number,
                 (ull)n->doubt.trials);
        break;
    case EVENT_STORE_FULL:
        snprintf(to, size, "(%.60s)", n->store.reason);
        break;
    case EVENT_STORE_RECOVERED:
        break;
    case EVENT_TOKEN_ROTATED:
        snprintf(to, size, "of role %d, %u connections", (int)n->rotation.role,
                 n->rotation.connections);
        break;
    case EVENT_CLOCK_LATE:
        snprintf(to, size, "by %lld ms", (long long)n->late_ms);
        break;
    }
}

void trace_note(struct world *w, const struct event *n)
{
    if (!w->trace.people)
        return;
    char text[150];
    event_text(n, text, sizeof(text));
    trace_line(w, "picoord  notes: %s %s", event_words[n->type], text);
}

static void trace_records(struct world *w, const struct transaction *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct record *r = &t->records[i];
        if (r->type == RECORD_JOB)
            trace_line(w, "      job %llu %s, %llu trials, frontier %llu", (ull)r->job,
                       job_state_name(r->job_.state), (ull)r->job_.trials,
                       (ull)r->job_.frontier);
        else if (r->type == RECORD_CLEAR)
            trace_line(w, "      clear job %llu [%llu, %llu)", (ull)r->job,
                       (ull)r->clear.first, (ull)r->clear.end);
        else if (r->type == RECORD_ROW)
            trace_line(w, "      row job %llu [%llu, %llu) %llu hits of %llx%s",
                       (ull)r->job, (ull)r->row.first,
                       (ull)(r->row.first + r->row.count), (ull)r->row.hits,
                       (ull)r->row.author,
                       r->row.doubtful   ? ", in doubt"
                       : r->row.verified ? ""
                                         : ", not verified");
    }
}

/* What a transaction does, before it is applied, and the resulting state after. */
void trace_transaction(struct world *w, const struct transaction *t)
{
    if (!w->trace.people)
        return;
    if (!t->applied) {
        if (w->trace.detail)
            trace_records(w, t);
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        const struct record *r = &t->records[i];
        const struct image_job *j = &w->image.jobs[r->job];
        if (r->type == RECORD_JOB)
            trace_line(w, "disk     %llu writes job %llu: %s, %llu/%llu in %zu rows",
                       (ull)t->id, (ull)r->job, job_state_name(r->job_.state),
                       (ull)j->shown.done, (ull)r->job_.trials, j->n);
        else if (r->type == RECORD_RM)
            trace_line(w, "disk     %llu removes job %llu", (ull)t->id, (ull)r->job);
        else if (r->type == RECORD_BAN)
            trace_line(w, "disk     %llu writes a ban: %s", (ull)t->id, r->ban.reason);
        else if (r->type == RECORD_PARDON)
            trace_line(w, "disk     %llu writes a pardon", (ull)t->id);
        else if (r->type == RECORD_AUDIT)
            trace_line(w, "disk     %llu audit of [%llu, %llu) is due", (ull)t->id,
                       (ull)r->audit.first, (ull)(r->audit.first + r->audit.count));
        else if (r->type == RECORD_ANSWER)
            trace_line(w, "disk     %llu writes the answer of job %llu: %llu/%llu",
                       (ull)t->id, (ull)r->job, (ull)r->answer.hits,
                       (ull)r->answer.trials);
    }
}
