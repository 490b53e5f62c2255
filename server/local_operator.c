// SPDX-License-Identifier: MIT
#include "server/local_operator.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "common/cli/job_format.h"
#include "common/cli/term.h"
#include "common/sys/hash.h"
#include "common/sys/log.h"
#include "common/sys/sd_notify.h"
#include "common/wire/json.h"
#include "common/wire/names.h"
#include "server/view/event_log.h"

enum {
    BAR_MS = 100,   /* on a terminal: ten times a second */
    LINE_MS = 5000, /* otherwise: a line every 5 s */
    LOOK_MS = 1000, /* and a status query every second */
};

#define NOBODY "no workers attached" /* the reason of a job that waits for some */

/* Request id of the --trials job, 16 bytes: the same in each run on a state
 * directory. */
static const uint8_t own_request[UID_BYTES] = {'p', 'i', 'c', 'o', 'o', 'r', 'd', ' ',
                                               '-', '-', 't', 'r', 'i', 'a', 'l', 's'};

struct local_operator {
    struct net *net;
    const struct server_options *options;
    void (*on_done)(void *ctx, int status);
    void *ctx;
    uv_idle_t later;  /* runs, outside of any step, what an event or a reply requires */
    uv_timer_t timer; /* progress */
    unsigned open_handles;
    enum job_line style;
    uint64_t job;   /* of --trials; 0: none yet */
    uint64_t ended; /* last job that ended in this process; 0: none yet */
    bool done, bar, closed;
    int status; /* exit status once done */
    int64_t said_ms;
};

static void on_later(uv_idle_t *idle);

/* ---- replies ---- */

void local_operator_clear_bar(struct local_operator *s)
{
    if (s && s->bar)
        fputs(TERM_REDRAW, stderr);
    if (s)
        s->bar = false;
}

static void end(struct local_operator *s, int status)
{
    s->done = true;
    s->status = status;
    uv_timer_stop(&s->timer);
    uv_idle_start(&s->later, on_later);
}

static void show_progress(struct local_operator *s, const struct job_view *j)
{
    char line[JOB_LINE_BYTES];
    int64_t now = (int64_t)uv_now(s->timer.loop);
    if (s->style == JOB_LINE_PLAIN && now - s->said_ms < LINE_MS)
        return;
    s->said_ms = now;
    struct job_view shown = *j;
    if (s->options->spawn == 0 && strcmp(j->reason, NOBODY) == 0)
        shown.reason = NOBODY ": run piworker, or add --spawn 2";
    job_progress_line(line, sizeof(line), &shown, term_columns(STDERR_FILENO),
                      s->style);
    s->bar = s->style != JOB_LINE_PLAIN;
    fprintf(stderr, s->bar ? TERM_REDRAW "%s" : "%s\n", line);
}

static void on_progress(struct local_operator *s, const struct status_view *status)
{
    const struct job_view *j = status->job;
    if (s->done || !j)
        return;
    if (status->jobs_active > 0 || !job_view_ended(j->state)) {
        show_progress(s, j);
        return;
    }
    if (!s->job && j->number != s->ended)
        return; /* it had ended in an earlier process */
    local_operator_clear_bar(s);
    if (s->options->json)
        json_job(stdout, j);
    else
        job_print(stdout, j);
    fflush(stdout);
    if (*j->doubt)
        fprintf(stderr, "picoord: the job is in doubt: %s\n", j->doubt);
    end(s, j->state == JOB_DONE ? 0 : EXIT_NO);
}

/* The state directory has another job of --trials already. */
static void on_other(struct local_operator *s, const struct job_view *j)
{
    char id[JOB_ID_BYTES];
    fprintf(stderr,
            "picoord: the job of --trials in this state directory is %s, with %llu "
            "trials and seed %llu\n"
            "hint: leave out --trials, or choose another directory: --state DIR; "
            "'pictl extend %s --trials N' adds trials to it\n",
            job_id_text(id, j->number), (unsigned long long)j->trials,
            (unsigned long long)j->seed, id);
    end(s, EXIT_USAGE);
}

static void on_submitted(struct local_operator *s, const struct job_view *j)
{
    const struct server_options *o = s->options;
    char id[JOB_ID_BYTES];
    local_operator_clear_bar(s);
    if (j->trials != o->trials || (o->seed_given && j->seed != o->seed) ||
        strcmp(j->program, o->program ? o->program : "") != 0 ||
        strcmp(j->arg, o->arg ? o->arg : "") != 0) {
        on_other(s, j);
        return;
    }
    s->job = j->number;
    log_info("job of --trials", log_str("job", job_id_text(id, j->number)),
             log_u64("trials", j->trials), log_u64("seed", j->seed));
    if (job_view_ended(j->state) && o->exit_when_done)
        uv_idle_start(&s->later, on_later); /* ended in an earlier process: print it */
}

static void notify(const struct status_view *status)
{
    const struct job_view *j = status->job;
    if (j && j->done > 0)
        sd_notify_status("%.1f %% %s=%.5f %u workers",
                         job_view_percent(job_view_fraction(j)), job_estimate_name(j),
                         j->pi, status->workers);
    else
        sd_notify_status("%s %u workers", j ? "queued" : "no job yet", status->workers);
}

void local_operator_reply(struct local_operator *s, const struct msg *m)
{
    if (!s || m->type != MSG_REPLY)
        return;
    const struct msg_reply *r = &m->reply;
    if (r->body == REPLY_JOB) {
        on_submitted(s, &r->job);
    } else if (r->body == REPLY_ERROR) {
        local_operator_clear_bar(s);
        log_error("cannot do that", log_str("reason", r->error.message),
                  log_str("hint", r->error.hint));
        end(s, EXIT_NO);
    }
}

/* ---- questions ---- */

static void ask_status(struct local_operator *s, uint64_t job, reply_sink *sink)
{
    (void)net_query(s->net, &(struct msg_request){.verb = REQUEST_STATUS, .job = job},
                    sink, s);
}

static void take_progress(void *ctx, const struct msg_reply *r)
{
    if (r->body == REPLY_STATUS)
        on_progress(ctx, &r->status);
}

static void take_log(void *ctx, const struct msg_reply *r)
{
    local_operator_clear_bar(ctx);
    if (r->body == REPLY_STATUS)
        event_log_status(&r->status);
}

static void take_notify(void *ctx, const struct msg_reply *r)
{
    (void)ctx;
    if (r->body == REPLY_STATUS)
        notify(&r->status);
}

/* verb: what has happened to the jobs that have not ended. */
static void log_jobs(enum log_level level, const char *verb, const struct msg_reply *r)
{
    for (size_t i = 0; r->body == REPLY_JOBS && i < r->jobs.n; i++) {
        const struct job_view *j = &r->jobs.jobs[i];
        char id[JOB_ID_BYTES], text[80];
        if (job_view_ended(j->state))
            continue;
        if (j->trials)
            snprintf(text, sizeof(text), "%s %s at %.1f %%", verb,
                     job_id_text(id, j->number),
                     job_view_percent(job_view_fraction(j)));
        else
            snprintf(text, sizeof(text), "%s %s at %llu trials", verb,
                     job_id_text(id, j->number), (unsigned long long)j->done);
        const struct log_field fields[] = {log_str("state", job_state_name(j->state)),
                                           log_u64("done", j->done),
                                           log_u64("hits", j->hits)};
        log_write(level, text, fields, ARRAY_SIZE(fields));
    }
}

static void take_resumed(void *ctx, const struct msg_reply *r)
{
    (void)ctx;
    log_jobs(LOG_LEVEL_INFO, "resumed", r);
}

/* With --exit-when-done this is why there is no answer. */
static void take_stopped(void *ctx, const struct msg_reply *r)
{
    struct local_operator *s = ctx;
    log_jobs(s->options->exit_when_done ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "stopped",
             r);
}

void local_operator_log_resumed(struct local_operator *s)
{
    (void)net_query(s->net, &(struct msg_request){.verb = REQUEST_JOBS}, take_resumed,
                    s);
}

void local_operator_log_stopped(struct local_operator *s)
{
    local_operator_clear_bar(s);
    if (s && !s->closed)
        (void)net_query(s->net, &(struct msg_request){.verb = REQUEST_JOBS},
                        take_stopped, s);
}

void local_operator_log_status(struct local_operator *s)
{
    ask_status(s, s->job, take_log);
}

void local_operator_notify_status(struct local_operator *s)
{
    ask_status(s, s->job, take_notify);
}

static void on_later(uv_idle_t *idle)
{
    struct local_operator *s = idle->data;
    uv_idle_stop(idle);
    if (s->done)
        s->on_done(s->ctx, s->status);
    else
        ask_status(s, s->job ? s->job : s->ended, take_progress);
}

static void on_timer(uv_timer_t *timer)
{
    struct local_operator *s = timer->data;
    ask_status(s, s->job, take_progress);
}

void local_operator_event(struct local_operator *s, const struct event *n)
{
    bool ended = n->type == EVENT_JOB_DONE || n->type == EVENT_JOB_CANCELLED ||
                 n->type == EVENT_JOB_FAILED;
    if (!s || !ended || !s->options->exit_when_done || s->closed)
        return;
    s->ended = n->job.number;
    uv_idle_start(&s->later, on_later);
}

/* ---- lifetime ---- */

struct local_operator *local_operator_new(uv_loop_t *loop, struct net *net,
                                          const struct server_options *options,
                                          void (*on_done)(void *ctx, int status),
                                          void *ctx)
{
    struct local_operator *s = mem_zero(1, sizeof(*s));
    s->net = net;
    s->options = options;
    s->on_done = on_done;
    s->ctx = ctx;
    s->style = term_job_line(STDERR_FILENO);
    s->said_ms = (int64_t)uv_now(loop);
    uv_idle_init(loop, &s->later);
    uv_timer_init(loop, &s->timer);
    s->later.data = s->timer.data = s;
    s->open_handles = 2;
    if (options->exit_when_done) {
        uint64_t every = s->style == JOB_LINE_PLAIN ? LOOK_MS : BAR_MS;
        uv_timer_start(&s->timer, on_timer, every, every);
    }
    return s;
}

/* A program of picoord's own has shown in its self-test what it counts. */
static bool scores(const struct server_options *o, const char *program)
{
    const struct program_offer *offer = offers_find(&o->offers, program);
    return offer && o->tests[offer - o->offers.items].scores;
}

void local_operator_submit(struct local_operator *s)
{
    const struct server_options *o = s->options;
    const char *program = o->program ? o->program : "";
    if (o->trials == 0)
        return;
    struct msg m = {.type = MSG_REQUEST};
    m.request = (struct msg_request){.verb = REQUEST_SUBMIT, .worker = ""};
    m.request.submit = (struct msg_submit){.rule = STOP_TRIALS,
                                           .trials = o->trials,
                                           .seed_given = o->seed_given,
                                           .seed = o->seed,
                                           .name = "",
                                           .weight = 1,
                                           .program = program,
                                           .arg = o->arg ? o->arg : "",
                                           .scale = scale_usual(program),
                                           .score = scores(o, program)};
    memcpy(m.request.submit.request, own_request, sizeof(own_request));
    net_input(s->net, &(struct input){
                          .type = INPUT_MESSAGE, .conn = CONN_LOCAL, .message = &m});
}

static void on_handle_closed(uv_handle_t *h)
{
    struct local_operator *s = h->data;
    if (--s->open_handles == 0)
        free(s);
}

void local_operator_close(struct local_operator *s)
{
    if (!s || s->closed)
        return;
    local_operator_clear_bar(s);
    s->closed = true;
    uv_close((uv_handle_t *)&s->later, on_handle_closed);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
}
