// SPDX-License-Identifier: MIT
#include "server/view/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "common/wire/names.h"
#include "server/view/filter.h"
#include "server/view/history.h"

/* ---- questions to the core ---- */

static bool report_ask(struct report *s, enum request_verb verb, reply_sink *sink,
                       void *ctx)
{
    return s->ask(s->ctx, &(struct msg_request){.verb = verb}, sink, ctx);
}

static void copy_status(void *ctx, const struct msg_reply *reply)
{
    if (reply->body == REPLY_STATUS)
        *(struct status_view *)ctx = reply->status;
}

bool report_status(struct report *s, struct status_view *ret)
{
    *ret = (struct status_view){.state = COORD_READY};
    return report_ask(s, REQUEST_STATUS, copy_status, ret);
}

/* The core sends a list in pieces; this joins them. */
struct report_list {
    void *items;
    size_t n;
};

static void list_append(struct report_list *l, const void *items, size_t n, size_t size)
{
    l->items = mem_resize(l->items, l->n + n, size);
    if (n > 0)
        memcpy((char *)l->items + l->n * size, items, n * size);
    l->n += n;
}

static void append_jobs(void *ctx, const struct msg_reply *reply)
{
    if (reply->body == REPLY_JOBS)
        list_append(ctx, reply->jobs.jobs, reply->jobs.n, sizeof(struct job_view));
}

static void append_workers(void *ctx, const struct msg_reply *reply)
{
    if (reply->body == REPLY_WORKERS)
        list_append(ctx, reply->workers.workers, reply->workers.n,
                    sizeof(struct worker_view));
}

static bool ask_workers(struct report *s, struct report_list *ret)
{
    if (!report_ask(s, REQUEST_WORKERS, append_workers, ret))
        return false;
    struct worker_view *workers = ret->items;
    for (size_t i = 0; i < ret->n && !s->addresses; i++)
        workers[i].address = "";
    return true;
}

/* ---- text ---- */

static void write_job(FILE *out, const struct job_view *j)
{
    char id[JOB_ID_BYTES], program[JOB_PROGRAM_BYTES];
    double fraction = job_view_fraction(j);
    int64_t eta_ms = job_view_eta_ms(j);
    fprintf(out, "job: %s\n", job_id_text(id, j->number));
    if (*j->program)
        fprintf(out, "program: %s\n", job_program_text(program, j));
    if (isfinite(fraction))
        fprintf(out, "percent: %.1f\n", job_view_percent(fraction));
    if (isfinite(j->pi)) {
        double half = (j->ci_high - j->ci_low) / 2;
        int decimals = format_decimals_for(half);
        fprintf(out, "%s: %.*f\npm95: %.*f\n", job_estimate_name(j), decimals, j->pi,
                decimals, half);
    }
    fprintf(out, "trials: %" PRIu64 "\n", j->done);
    if (j->trials > 0)
        fprintf(out, "of: %" PRIu64 "\n", j->trials);
    fprintf(out, "hits: %" PRIu64 "\nseed: %" PRIu64 "\nrate: %.0f\n", j->hits, j->seed,
            j->rate);
    if (eta_ms >= 0)
        fprintf(out, "eta_s: %" PRId64 "\n", (eta_ms + 999) / 1000);
    if (*j->doubt)
        fprintf(out, "doubt: %s\n", j->doubt);
}

bool report_status_text(struct report *s, FILE *out)
{
    struct status_view v;
    if (!report_status(s, &v))
        return false;
    const char *reason = v.job && *v.job->reason ? v.job->reason : v.reason;
    fprintf(out, "state: %s\n",
            v.job ? job_state_name(v.job->state) : coord_state_name(v.state));
    if (*reason)
        fprintf(out, "reason: %s\n", reason);
    if (v.job)
        write_job(out, v.job);
    fprintf(out, "workers: %" PRIu32 "\nthreads: %" PRIu32 "\n", v.workers, v.threads);
    fprintf(out, "trials_waiting: %" PRIu64 "\nthreads_wanted: %" PRIu32 "\n",
            v.waiting.trials, v.waiting.threads);
    if (*v.audits.help)
        fprintf(out, "audit_wait_s: %" PRId64 "\naudit_help: %s\n",
                v.audits.wait_ms / 1000, v.audits.help);
    fprintf(out, "coordinator: %s\nuptime_s: %" PRId64 "\nversion: %s\n",
            coord_state_name(v.state), v.uptime_ms / 1000, v.version);
    return true;
}

bool report_jobs_text(struct report *s, FILE *out)
{
    struct report_list l = {0};
    char line[JOB_LINE_BYTES];
    bool answered = report_ask(s, REQUEST_JOBS, append_jobs, &l);
    for (size_t i = 0; i < l.n; i++) {
        job_progress_line(line, sizeof(line), (struct job_view *)l.items + i, 0,
                          JOB_LINE_PLAIN);
        fprintf(out, "%s\n", line);
    }
    if (answered && l.n == 0)
        fputs("no job\n", out);
    free(l.items);
    return answered;
}

bool report_workers_text(struct report *s, FILE *out)
{
    struct report_list l = {0};
    char seen[FORMAT_MAX];
    bool answered = ask_workers(s, &l);
    for (size_t i = 0; i < l.n; i++) {
        const struct worker_view *w = (struct worker_view *)l.items + i;
        fprintf(out,
                "%s %s threads=%" PRIu32 " trials=%" PRIu64 " rate=%.0f kernel=%s "
                "version=%s seen=\"%s\"",
                w->name, worker_state_name(w->state), w->threads, w->trials, w->rate,
                w->kernel, w->version,
                format_duration(seen, sizeof(seen), w->last_seen_ms));
        fprintf(out, *w->address ? " addr=%s\n" : "\n", w->address);
    }
    if (answered && l.n == 0)
        fputs("no workers\n", out);
    free(l.items);
    return answered;
}

/* ---- JSON and metrics ---- */

bool report_status_json(struct report *s, FILE *out)
{
    struct status_view v;
    if (!report_status(s, &v))
        return false;
    json_status(out, &v);
    return true;
}

bool report_jobs_in(struct report *s, uint32_t states, FILE *out)
{
    struct report_list l = {0};
    size_t kept = 0;
    bool answered = report_ask(s, REQUEST_JOBS, append_jobs, &l);
    struct job_view *jobs = l.items;
    for (size_t i = 0; i < l.n; i++)
        if (filter_has(states, (int)jobs[i].state))
            jobs[kept++] = jobs[i];
    if (answered)
        json_jobs(out, jobs, kept);
    free(l.items);
    return answered;
}

bool report_jobs_json(struct report *s, FILE *out)
{
    return report_jobs_in(s, 0, out);
}

static void write_job_and_history(void *out, const struct msg_reply *reply)
{
    /* Only the first frame of a reply has the job; the others have shares only. */
    if (reply->body != REPLY_LEDGER || !reply->ledger.job)
        return;
    struct history history = {0};
    history_update(&history, &reply->ledger);
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_name(&w, "job");
    json_job(out, reply->ledger.job);
    json_put_name(&w, "history");
    history_json(out, &history, 0);
    json_end_line(&w);
}

bool report_job_json(struct report *s, uint64_t number, FILE *out)
{
    struct msg_request r = {.verb = REQUEST_LEDGER, .job = number};
    return s->ask(s->ctx, &r, write_job_and_history, out);
}

bool report_workers_in(struct report *s, uint32_t states, FILE *out)
{
    struct report_list l = {0};
    size_t kept = 0;
    bool answered = ask_workers(s, &l);
    struct worker_view *workers = l.items;
    for (size_t i = 0; i < l.n; i++)
        if (filter_has(states, (int)workers[i].state))
            workers[kept++] = workers[i];
    if (answered)
        json_workers(out, workers, kept);
    free(l.items);
    return answered;
}

bool report_workers_json(struct report *s, FILE *out)
{
    return report_workers_in(s, 0, out);
}

bool report_join_text(struct report *s, FILE *out)
{
    if (!s->join(s->ctx, out))
        fputs("no line yet: this machine has no address that others reach\n", out);
    else if (s->fetch)
        s->fetch(s->ctx, out);
    return true;
}

static void put_lines(const struct report *s, bool (*print)(void *ctx, FILE *out),
                      FILE *out)
{
    char *lines = NULL;
    size_t n = 0;
    FILE *text = open_memstream(&lines, &n);
    if (!text)
        abort();
    if (print)
        print(s->ctx, text);
    if (fclose(text) != 0)
        abort();
    struct json_writer w = json_to_stream(out);
    char *rest = lines;
    json_begin_array(&w, NULL);
    for (char *line = strtok_r(lines, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        json_put_text(&w, NULL, line);
    json_end(&w);
    free(lines);
}

void report_join_json(struct report *s, FILE *out)
{
    put_lines(s, s->join, out);
}

void report_fetch_json(struct report *s, FILE *out)
{
    put_lines(s, s->fetch, out);
}

/* A view is printed before the next question is asked. */
bool report_metrics(struct report *s, FILE *out)
{
    struct status_view v;
    struct report_list jobs = {0}, workers = {0};
    if (!report_status(s, &v))
        return false;
    metrics_status(out, s, &v);
    bool answered = report_ask(s, REQUEST_JOBS, append_jobs, &jobs);
    if (answered) {
        metrics_jobs(out, jobs.items, jobs.n);
        answered = ask_workers(s, &workers);
    }
    if (answered)
        metrics_workers(out, workers.items, workers.n);
    free(jobs.items);
    free(workers.items);
    return answered;
}

bool report_ready(struct report *s, const char **ret_why)
{
    struct status_view v;
    *ret_why = "the coordinator is stopping";
    if (!report_status(s, &v))
        return false;
    *ret_why = v.reason;
    return v.state == COORD_READY;
}

/* ---- events ---- */

void report_effect(struct report *s, const struct effect *e)
{
    int type = event_number(e);
    if (type >= 0)
        s->events[type]++;
    if (e->type == EFFECT_EVENT && e->event.type == EVENT_PEER_REFUSED)
        s->refused[e->event.refused.code]++;
}
