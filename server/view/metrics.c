// SPDX-License-Identifier: MIT
/*
 * The status in Prometheus' text format, version 0.0.4: each family with its HELP and
 * TYPE.  Unknown values are left out.  docs/OPERATIONS.md explains each metric.
 */
#include <inttypes.h>
#include <math.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/wire/names.h"
#include "server/view/report.h"

static void print_family(FILE *out, const char *name, const char *type,
                         const char *help)
{
    fprintf(out, "# HELP picoord_%s %s\n# TYPE picoord_%s %s\n", name, help, name,
            type);
}

static void print_gauge(FILE *out, const char *name, const char *help, double value)
{
    char text[FORMAT_MAX];
    print_family(out, name, "gauge", help);
    fprintf(out, "picoord_%s %s\n", name, format_shortest(text, sizeof(text), value));
}

static void print_count(FILE *out, const char *name, const char *help, uint64_t value)
{
    print_family(out, name, "gauge", help);
    fprintf(out, "picoord_%s %" PRIu64 "\n", name, value);
}

/* A metric of the current job.  labels: which, `job="j-7"`. */
static void print_job_count(FILE *out, const char *labels, const char *name,
                            const char *help, uint64_t value)
{
    print_family(out, name, "gauge", help);
    fprintf(out, "picoord_%s{%s} %" PRIu64 "\n", name, labels, value);
}

static void print_job_gauge(FILE *out, const char *labels, const char *name,
                            const char *help, double value)
{
    if (!isfinite(value))
        return;
    char text[FORMAT_MAX];
    print_family(out, name, "gauge", help);
    fprintf(out, "picoord_%s{%s} %s\n", name, labels,
            format_shortest(text, sizeof(text), value));
}

static void print_job_states(FILE *out, const char *labels, enum job_state now)
{
    print_family(out, "job_state", "gauge",
                 "1 for the state that the current job is in.");
    for (enum job_state s = JOB_QUEUED; s <= JOB_FAILED; s++)
        fprintf(out, "picoord_job_state{%s,state=\"%s\"} %d\n", labels,
                job_state_name(s), s == now);
}

static void print_job(FILE *out, const struct job_view *j)
{
    char id[JOB_ID_BYTES],
        labels[sizeof("job=\"\",program=\"\"") + JOB_ID_BYTES + NAME_BYTES];
    bool pi = !*j->program;
    snprintf(labels, sizeof(labels), "job=\"%s\"%s%s%s", job_id_text(id, j->number),
             pi ? "" : ",program=\"", j->program, pi ? "" : "\"");
    print_job_states(out, labels, j->state);
    if (j->trials > 0)
        print_job_count(out, labels, "job_trials_wanted",
                        "Trials of the current job in all.", j->trials);
    print_job_count(out, labels, "job_trials_done",
                    "Trials that are counted and saved.", j->done);
    print_job_count(out, labels, "job_hits", "Hits among them.", j->hits);
    print_job_count(out, labels, "job_trials_verified", "Trials that are verified.",
                    j->verified_done);
    print_job_count(out, labels, "job_hits_verified", "Hits among the verified trials.",
                    j->verified_hits);
    print_job_count(out, labels, "job_trials_leased", "Trials being computed.",
                    j->leased);
    print_job_count(out, labels, "job_trials_computed_again",
                    "Trials that were leased again after a loss.", j->computed_again);
    print_job_count(out, labels, "job_trials_doubtful",
                    "Trials of its answer that are in doubt.", j->doubtful);
    print_job_gauge(out, labels, "job_pi", "The estimate: of pi, or of a program.",
                    j->pi);
    print_job_gauge(out, labels, "job_pi_stderr", "Its standard error.", j->stderr_);
    print_job_gauge(out, labels, "job_pi_low", "Lower end of its 95 % interval.",
                    j->ci_low);
    print_job_gauge(out, labels, "job_pi_high", "Upper end of its 95 % interval.",
                    j->ci_high);
    print_job_gauge(out, labels, "job_trials_per_second",
                    "Trials counted a second, of late.", j->rate);
    print_job_gauge(out, labels, "job_elapsed_seconds", "Running time, without pauses.",
                    (double)j->elapsed_ms / 1000);
}

static void print_state(FILE *out, enum coord_state now)
{
    print_family(out, "state", "gauge", "1 for the state that the coordinator is in.");
    for (enum coord_state s = COORD_READY; s <= COORD_DEGRADED; s++)
        fprintf(out, "picoord_state{state=\"%s\"} %d\n", coord_state_name(s), s == now);
}

void metrics_print(FILE *out, const struct report *s, const struct status_view *v)
{
    struct viewer_stats stats = {0};
    if (s->stats)
        s->stats(s->ctx, &stats);
    print_family(out, "info", "gauge", "Always 1; its labels say what runs here.");
    fprintf(out, "picoord_info{version=\"%s\",protocol=\"%" PRIu32 "\"} 1\n",
            v->version, v->protocol);
    print_state(out, v->state);
    print_gauge(out, "uptime_seconds", "Since the coordinator has started.",
                (double)v->uptime_ms / 1000);
    print_count(out, "workers", "Workers attached.", v->workers);
    print_count(out, "threads", "Their threads.", v->threads);
    print_count(out, "jobs_active", "Jobs that have not ended.", v->jobs_active);
    print_count(out, "audits_due", "Results that are yet to be recomputed.",
                v->audits.due);
    print_gauge(out, "audit_wait_seconds",
                "How long that takes within the budget of --audit-cpu.",
                (double)v->audits.wait_ms / 1000);
    print_count(out, "trials_waiting", "Trials that open jobs have yet to count.",
                v->waiting.trials);
    print_count(out, "threads_wanted", "Threads that these would keep busy.",
                v->waiting.threads);
    if (isfinite(v->waiting.seconds))
        print_gauge(out, "waiting_seconds",
                    "How long those who are here need for them.", v->waiting.seconds);
    print_gauge(out, "trials_per_second",
                "Trials counted a second, of late, in all jobs.", v->rate);
    print_count(out, "connections", "Connections of any kind.", v->host.connections);
    print_count(out, "file_descriptors", "File descriptors in use.", v->host.fds_used);
    print_count(out, "file_descriptors_limit", "How many there may be.",
                v->host.fds_limit);
    print_count(out, "viewers", "Connections that speak text or HTTP.", stats.viewers);
    print_count(out, "event_streams", "HTTP connections that follow the events.",
                stats.streams);
    print_family(out, "requests_total", "counter", "Text commands and HTTP requests.");
    fprintf(out, "picoord_requests_total %" PRIu64 "\n", stats.requests);
    print_family(out, "events_total", "counter", "What has happened since the start.");
    for (size_t i = 0; i < EVENT_TYPES; i++)
        fprintf(out, "picoord_events_total{event=\"%s\"} %" PRIu64 "\n",
                event_names[i].name, s->events[i]);
    if (v->job)
        print_job(out, v->job);
}
