// SPDX-License-Identifier: MIT
/*
 * The status in Prometheus' text format, version 0.0.4: each family with its HELP and
 * TYPE.  Unknown values are left out.  docs/OPERATIONS.md explains each metric.
 *
 * A job's label is `id`, since `job` is Prometheus' own for where a sample comes from.
 * Reasons are words, of which there are few, never sentences.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/wire/names.h"
#include "server/view/report.h"

enum { JOBS_SHOWN_MAX = 64 };

static void print_type(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* ---- numbers of a struct ---- */

enum kind { U32, U64, U64_KNOWN, MS, REAL };

/* A gauge: which member of a view it is.  U64_KNOWN: left out where it is 0. */
struct gauge {
    const char *name, *help;
    enum kind kind;
    size_t at;
};

static double value_of(const struct gauge *g, const void *view)
{
    const void *member = (const char *)view + g->at;
    switch (g->kind) {
    case U32:
        return *(const uint32_t *)member;
    case U64:
    case U64_KNOWN:
        break;
    case MS:
        return (double)*(const int64_t *)member / 1000;
    case REAL:
        return *(const double *)member;
    }
    return (double)*(const uint64_t *)member;
}

/* Its sample; labels: empty, or in braces.  Numbers of trials are exact. */
static void print_sample(FILE *out, const struct gauge *g, const char *labels,
                         const void *view)
{
    char text[FORMAT_MAX];
    double value = value_of(g, view);
    if (!isfinite(value) || (g->kind == U64_KNOWN && !(value > 0)))
        return;
    if (g->kind == U64 || g->kind == U64_KNOWN)
        snprintf(text, sizeof(text), "%" PRIu64,
                 *(const uint64_t *)(const void *)((const char *)view + g->at));
    else
        format_shortest(text, sizeof(text), value);
    fprintf(out, "%s%s %s\n", g->name, labels, text);
}

static void print_gauges(FILE *out, const struct gauge *g, size_t n, const void *view)
{
    for (size_t i = 0; i < n; i++) {
        print_type(out, g[i].name, "gauge", g[i].help);
        print_sample(out, &g[i], "", view);
    }
}

static void print_counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    print_type(out, name, "counter", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void print_seconds(FILE *out, const char *name, const char *type,
                          const char *help, double seconds)
{
    char text[FORMAT_MAX];
    print_type(out, name, type, help);
    fprintf(out, "%s %s\n", name, format_shortest(text, sizeof(text), seconds));
}

static void print_histogram(FILE *out, const char *name, const char *help,
                            const struct histogram *h)
{
    char text[FORMAT_MAX];
    uint64_t n = 0;
    print_type(out, name, "histogram", help);
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        n += h->counts[i];
        fprintf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
                format_shortest(text, sizeof(text), histogram_bounds_us[i] / 1e6), n);
    }
    n += h->counts[HISTOGRAM_BOUNDS];
    fprintf(out,
            "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %s\n%s_count %" PRIu64 "\n",
            name, n, name, format_shortest(text, sizeof(text), (double)h->sum_us / 1e6),
            name, n);
}

/* ---- the coordinator ---- */

#define OF_STATUS(member) offsetof(struct status_view, member)

static const struct gauge status_gauges[] = {
    {"picoord_uptime_seconds", "Since the coordinator has started.", MS,
     OF_STATUS(uptime_ms)},
    {"picoord_threads", "Threads of the workers that are attached.", U32,
     OF_STATUS(threads)},
    {"picoord_jobs_active", "Jobs that have not ended.", U32, OF_STATUS(jobs_active)},
    {"picoord_trials_waiting", "Trials that open jobs have yet to count.", U64,
     OF_STATUS(waiting.trials)},
    {"picoord_threads_wanted", "Threads that these would keep busy.", U32,
     OF_STATUS(waiting.threads)},
    {"picoord_waiting_seconds", "How long those who are here need for them.", REAL,
     OF_STATUS(waiting.seconds)},
    {"picoord_trials_per_second", "Trials counted a second, of late, in all jobs.",
     REAL, OF_STATUS(rate)},
    {"picoord_audits_due", "Results that are yet to be recomputed.", U32,
     OF_STATUS(audits.due)},
    {"picoord_audit_trials_due", "Trials that are yet to be recomputed.", U64,
     OF_STATUS(audits.trials)},
    {"picoord_audit_wait_seconds",
     "How long that takes within the budget of --audit-cpu.", MS,
     OF_STATUS(audits.wait_ms)},
    {"picoord_connections", "Connections of any kind.", U32,
     OF_STATUS(host.connections)},
    {"process_open_fds", "File descriptors in use.", U32, OF_STATUS(host.fds_used)},
    {"process_max_fds", "How many there may be.", U32, OF_STATUS(host.fds_limit)},
};

static void print_states(FILE *out, const struct status_view *v)
{
    print_type(out, "picoord_info", "gauge",
               "Always 1; its labels say what runs here.");
    fprintf(out, "picoord_info{version=\"%s\",protocol=\"%" PRIu32 "\"} 1\n",
            v->version, v->protocol);
    print_type(out, "picoord_state", "gauge",
               "1 for the state that the coordinator is in.");
    for (enum coord_state s = COORD_READY; s <= COORD_DEGRADED; s++)
        fprintf(out, "picoord_state{state=\"%s\"} %d\n", coord_state_name(s),
                s == v->state);
    print_type(out, "picoord_stalled", "gauge",
               "1 for the reason why nothing moves; absent where something does.");
    if (*v->stalled)
        fprintf(out, "picoord_stalled{reason=\"%s\"} 1\n", v->stalled);
    print_type(out, "picoord_audits_behind", "gauge",
               "1 while recomputing what is due takes long, and something would help.");
    fprintf(out, "picoord_audits_behind %d\n", *v->audits.help != '\0');
}

/* pi has no label, which is the same as an empty one. */
static void print_counted(FILE *out, const struct meters *m, const char *name,
                          const char *help, size_t at)
{
    print_type(out, name, "counter", help);
    for (size_t i = 0; i < m->n_programs; i++) {
        const struct coord_counted *x = &m->programs[i];
        uint64_t value = *(const uint64_t *)(const void *)((const char *)x + at);
        if (!*x->program)
            fprintf(out, "%s %" PRIu64 "\n", name, value);
        else if (x->trials + x->again > 0)
            fprintf(out, "%s{program=\"%s\"} %" PRIu64 "\n", name, x->program, value);
    }
}

static void print_meters(FILE *out, const struct meters *m)
{
    print_counted(out, m, "picoord_trials_total",
                  "Trials counted and saved since the start, revoked ones too.",
                  offsetof(struct coord_counted, trials));
    print_counted(out, m, "picoord_trials_again_total",
                  "Trials leased again since the start.",
                  offsetof(struct coord_counted, again));
    print_histogram(out, "picoord_commit_seconds",
                    "How long transactions take until they are saved.", &m->commits);
    print_histogram(out, "picoord_turn_seconds",
                    "How long turns of the event loop take, without its waits.",
                    &m->turns);
    print_type(out, "picoord_commit_age_seconds", "gauge",
               "Since the last transaction was saved.");
    char text[FORMAT_MAX];
    if (m->commit_age_ms >= 0)
        fprintf(out, "picoord_commit_age_seconds %s\n",
                format_shortest(text, sizeof(text), (double)m->commit_age_ms / 1000));
    print_seconds(out, "process_start_time_seconds", "gauge",
                  "When it started, in Unix time.", (double)m->started_ms / 1000);
    print_seconds(out, "process_cpu_seconds_total", "counter",
                  "Processor time that it has used.", (double)m->cpu_us / 1e6);
    print_type(out, "process_resident_memory_bytes", "gauge", "Memory that it has.");
    fprintf(out, "process_resident_memory_bytes %" PRIu64 "\n", m->resident_bytes);
}

static void print_refusals(FILE *out, const struct report *s, const struct meters *m,
                           const struct viewer_stats *stats)
{
    static const char name[] = "picoord_refused_total";
    print_type(out, name, "counter", "Connections that were refused since the start.");
    for (enum refusal_code c = REFUSAL_PROTOCOL; c <= REFUSAL_KERNEL; c++)
        fprintf(out, "%s{kind=\"%s\"} %" PRIu64 "\n", name, refusal_name(c),
                s->refused[c] + m->refused[c]);
    fprintf(out, "%s{kind=\"viewer\"} %" PRIu64 "\n", name, stats->refused);
}

void metrics_status(FILE *out, const struct report *s, const struct status_view *v)
{
    struct viewer_stats stats = {0};
    struct meters meters = {.commit_age_ms = -1};
    if (s->stats)
        s->stats(s->ctx, &stats);
    if (s->measure)
        s->measure(s->ctx, &meters);
    print_states(out, v);
    print_gauges(out, status_gauges, ARRAY_SIZE(status_gauges), v);
    print_meters(out, &meters);
    print_type(out, "picoord_viewers", "gauge", "Connections that speak text or HTTP.");
    fprintf(out, "picoord_viewers %u\n", stats.viewers);
    print_type(out, "picoord_event_streams", "gauge",
               "HTTP connections that follow the events.");
    fprintf(out, "picoord_event_streams %u\n", stats.streams);
    print_counter(out, "picoord_requests_total", "Text commands and HTTP requests.",
                  stats.requests);
    print_refusals(out, s, &meters, &stats);
    print_type(out, "picoord_events_total", "counter",
               "What has happened since the start.");
    for (size_t i = 0; i < EVENT_TYPES; i++)
        fprintf(out, "picoord_events_total{event=\"%s\"} %" PRIu64 "\n",
                event_names[i].name, s->events[i]);
}

/* ---- jobs ---- */

#define OF_JOB(member) offsetof(struct job_view, member)

static const struct gauge job_gauges[] = {
    {"picoord_job_trials_wanted", "Trials of the job in all.", U64_KNOWN,
     OF_JOB(trials)},
    {"picoord_job_trials_done",
     "Trials that are counted and saved; fewer after results were revoked.", U64,
     OF_JOB(done)},
    {"picoord_job_hits", "Hits among them.", U64, OF_JOB(hits)},
    {"picoord_job_trials_verified", "Trials that are verified.", U64,
     OF_JOB(verified_done)},
    {"picoord_job_hits_verified", "Hits among the verified trials.", U64,
     OF_JOB(verified_hits)},
    {"picoord_job_trials_leased", "Trials being computed.", U64, OF_JOB(leased)},
    {"picoord_job_trials_computed_again",
     "Trials that were leased again: given back, lost, late or revoked.", U64,
     OF_JOB(computed_again)},
    {"picoord_job_trials_doubtful", "Trials of its answer that are in doubt.", U64,
     OF_JOB(doubtful)},
    {"picoord_job_pi", "The estimate: of pi, or of a program.", REAL, OF_JOB(pi)},
    {"picoord_job_pi_stderr", "Its standard error.", REAL, OF_JOB(stderr_)},
    {"picoord_job_pi_low", "Lower end of its 95 % interval.", REAL, OF_JOB(ci_low)},
    {"picoord_job_pi_high", "Upper end of its 95 % interval.", REAL, OF_JOB(ci_high)},
    {"picoord_job_trials_per_second", "Trials counted a second, of late.", REAL,
     OF_JOB(rate)},
    {"picoord_job_elapsed_seconds", "Running time until now, without pauses.", MS,
     OF_JOB(elapsed_ms)},
};

struct job_labels {
    char text[sizeof("{id=\"\",program=\"\"}") + JOB_ID_BYTES + NAME_BYTES];
};

static struct job_labels labels_of(const struct job_view *j)
{
    struct job_labels l;
    char id[JOB_ID_BYTES];
    bool pi = !*j->program;
    snprintf(l.text, sizeof(l.text), "{id=\"%s\"%s%s%s}", job_id_text(id, j->number),
             pi ? "" : ",program=\"", j->program, pi ? "" : "\"");
    return l;
}

/* The same with another label. */
static void print_job_word(FILE *out, const char *name, const struct job_labels *l,
                           const char *label, const char *word, int value)
{
    fprintf(out, "%s%.*s,%s=\"%s\"} %d\n", name, (int)strlen(l->text) - 1, l->text,
            label, word, value);
}

static void print_shown(FILE *out, const struct job_view *const *jobs, size_t n)
{
    struct job_labels labels[JOBS_SHOWN_MAX];
    for (size_t i = 0; i < n; i++)
        labels[i] = labels_of(jobs[i]);
    print_type(out, "picoord_job_state", "gauge",
               "1 for the state that the job is in.");
    for (size_t i = 0; i < n; i++)
        for (enum job_state s = JOB_QUEUED; s <= JOB_FAILED; s++)
            print_job_word(out, "picoord_job_state", &labels[i], "state",
                           job_state_name(s), s == jobs[i]->state);
    print_type(out, "picoord_job_stalled", "gauge",
               "1 for the reason why the job does not move; absent where it does.");
    for (size_t i = 0; i < n; i++)
        if (*jobs[i]->stalled)
            print_job_word(out, "picoord_job_stalled", &labels[i], "reason",
                           jobs[i]->stalled, 1);
    for (size_t g = 0; g < ARRAY_SIZE(job_gauges); g++) {
        print_type(out, job_gauges[g].name, "gauge", job_gauges[g].help);
        for (size_t i = 0; i < n; i++)
            print_sample(out, &job_gauges[g], labels[i].text, jobs[i]);
    }
}

/* Those that have not ended, the oldest first; while there is none, the newest. */
void metrics_jobs(FILE *out, const struct job_view *jobs, size_t n)
{
    const struct job_view *shown[JOBS_SHOWN_MAX];
    size_t n_shown = 0, states[JOB_FAILED + 1] = {0}, doubtful = 0;
    for (size_t i = 0; i < n; i++) {
        states[jobs[i].state]++;
        doubtful += *jobs[i].doubt != '\0';
        if (!job_view_ended(jobs[i].state) && n_shown < JOBS_SHOWN_MAX)
            shown[n_shown++] = &jobs[i];
    }
    if (n_shown == 0 && n > 0)
        shown[n_shown++] = &jobs[n - 1];
    print_type(out, "picoord_jobs", "gauge", "Jobs, by their state.");
    for (enum job_state s = JOB_QUEUED; s <= JOB_FAILED; s++)
        fprintf(out, "picoord_jobs{state=\"%s\"} %zu\n", job_state_name(s), states[s]);
    print_type(out, "picoord_jobs_doubtful", "gauge",
               "Jobs that have ended, and whose answer is in doubt.");
    fprintf(out, "picoord_jobs_doubtful %zu\n", doubtful);
    print_shown(out, shown, n_shown);
}

/* ---- workers ---- */

void metrics_workers(FILE *out, const struct worker_view *workers, size_t n)
{
    size_t counts[WORKER_LEFT + 1][TRUST_FULL + 1] = {{0}};
    for (size_t i = 0; i < n; i++)
        counts[workers[i].state][workers[i].trust]++;
    print_type(out, "picoord_workers", "gauge",
               "Workers that are known, by their state and how far they are trusted.");
    for (enum worker_state s = WORKER_IDLE; s <= WORKER_LEFT; s++)
        for (enum worker_trust t = TRUST_PROBATION; t <= TRUST_FULL; t++)
            fprintf(out, "picoord_workers{state=\"%s\",trust=\"%s\"} %zu\n",
                    worker_state_name(s), worker_trust_name(t), counts[s][t]);
}
