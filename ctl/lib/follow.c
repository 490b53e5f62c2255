// SPDX-License-Identifier: MIT
/*
 * A watch delivers the job's views.  In addition, each heartbeat requests the status:
 * it has the number of workers, and its reply shows that the coordinator is alive.
 */
#include "ctl/lib/follow.h"

#include <string.h>
#include <time.h>

#include "common/cli/job_format.h"
#include "common/cli/term.h"
#include "common/wire/json.h"
#include "common/wire/wire.h"

enum { RETRY_PAUSE_MS = 250 };

struct follow {
    struct ctl *ctl;
    const struct follow_options *options;
    struct arena *arena;
    enum job_line style;
    uint64_t job; /* once known, so that a reconnect follows the same job */
    struct job_view view;
    uint8_t uid[UID_BYTES]; /* the job's; a restarted coordinator may have another */
    bool uid_known;         /* uid is set */
    bool seen;              /* view is set */
    bool drawn;             /* the cursor is at the end of a bar */
    int status;             /* exit status of a reported error reply; 0: none */
    bool watch_ended;       /* the watch ended before the job */
    bool lost;              /* the connection is lost */
    uint32_t watch, status_request;
    int64_t status_sent_ms; /* when the status was requested; -1: it was answered */
    int64_t reply_ms;       /* when the last reply arrived */
    int64_t hint_ms;
};

void follow_report_no_workers(const struct job_view *j)
{
    char id[JOB_ID_BYTES];
    ctl_note("start piworker here, or elsewhere with the line that 'pictl token show' "
             "prints",
             "job %s %s: no workers attached, nothing will run yet",
             job_id_text(id, j->number), job_state_name(j->state));
}

int64_t follow_deadline(struct ctl *ctl, int64_t timeout_ms)
{
    return timeout_ms < 0 ? -1 : client_now_ms(ctl->client) + timeout_ms;
}

/* Ends the line of the bar, so that other text starts a new line.  The bar will be
 * drawn again below it. */
static void leave_bar(struct follow *f)
{
    if (f->drawn)
        fputs("\n", f->options->out);
    fflush(f->options->out);
    f->drawn = false;
}

static void draw_progress(struct follow *f)
{
    char line[JOB_LINE_BYTES], when[32];
    FILE *out = f->options->out;
    int fd = fileno(out);
    if (f->options->json) {
        json_job(out, &f->view);
    } else if (f->style == JOB_LINE_PLAIN) {
        time_t now = time(NULL);
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
        job_progress_line(line, sizeof(line), &f->view, 0, JOB_LINE_PLAIN);
        fprintf(out, "%s %s\n", when, line);
    } else {
        job_progress_line(line, sizeof(line), &f->view, term_columns(fd), f->style);
        fprintf(out, "%s%s", TERM_REDRAW, line);
        f->drawn = true;
    }
    fflush(out);
}

/* Every coordinator numbers its jobs from 1, so the uid decides. */
static void on_other_job(struct follow *f)
{
    char id[JOB_ID_BYTES];
    leave_bar(f);
    ctl_error("'pictl jobs' lists those that it has",
              "%s has a different job %s than before", f->ctl->where,
              job_id_text(id, f->job));
    f->status = EXIT_UNKNOWN;
}

static void on_view(struct follow *f, const struct job_view *j, bool last)
{
    if (f->uid_known && memcmp(f->uid, j->uid, sizeof(f->uid)) != 0) {
        on_other_job(f);
        return;
    }
    memcpy(f->uid, j->uid, sizeof(f->uid));
    f->uid_known = true;
    arena_reset(f->arena);
    f->view = job_view_copy(f->arena, j);
    f->seen = true;
    f->job = j->number;
    f->watch_ended = last && !job_view_ended(j->state);
    draw_progress(f);
}

static void on_status(struct follow *f, const struct msg_reply *r)
{
    f->status_sent_ms = -1;
    if (r->body != REPLY_STATUS || r->status.workers > 0 || !f->seen ||
        job_view_ended(f->view.state) || f->view.state == JOB_PAUSED)
        return;
    if (f->hint_ms >= 0 && f->reply_ms - f->hint_ms < FOLLOW_HINT_MS)
        return;
    f->hint_ms = f->reply_ms;
    leave_bar(f);
    follow_report_no_workers(&f->view);
}

/* Whether progress goes to stdout and cannot be written. */
static bool is_unread(const struct follow *f)
{
    return f->options->out == stdout && ferror(stdout);
}

static bool on_reply(void *ctx, const struct msg_reply *r)
{
    struct follow *f = ctx;
    if (r->id != f->watch && r->id != f->status_request)
        return false;
    f->reply_ms = client_now_ms(f->ctl->client);
    if (r->body == REPLY_ERROR) {
        leave_bar(f);
        f->status = ctl_error_reply(r->error.code, r->error.message, r->error.hint);
        return true;
    }
    if (r->id == f->status_request)
        on_status(f, r);
    else if (r->body == REPLY_JOB)
        on_view(f, &r->job, r->last);
    return f->status || f->watch_ended || is_unread(f) ||
           (f->seen && job_view_ended(f->view.state));
}

static void ask_status(struct follow *f)
{
    struct msg_request r = {.verb = REQUEST_STATUS, .job = f->job};
    f->status_request = client_send(f->ctl->client, &r);
    f->status_sent_ms = client_now_ms(f->ctl->client);
}

static void begin_watch(struct follow *f)
{
    uint32_t interval_ms = f->options->interval_ms      ? f->options->interval_ms
                           : f->style == JOB_LINE_PLAIN ? FOLLOW_LINE_MS
                                                        : FOLLOW_BAR_MS;
    struct msg_request r = {
        .verb = REQUEST_WATCH, .job = f->job, .interval_ms = interval_ms};
    f->watch_ended = false;
    f->watch = client_send(f->ctl->client, &r);
    ask_status(f);
}

/* The time to the deadline, at most `most_ms`; 0: it has passed. */
static int64_t time_left(const struct follow *f, int64_t most_ms)
{
    int64_t left_ms = f->options->deadline_ms - client_now_ms(f->ctl->client);
    if (f->options->deadline_ms < 0 || left_ms > most_ms)
        return most_ms;
    return left_ms > 0 ? left_ms : 0;
}

/* Watches on one connection, heartbeat by heartbeat, until something ends it. */
static enum client_end watch_until_end(struct follow *f)
{
    const struct msg_welcome *w = client_welcome(f->ctl->client);
    int64_t beat_ms = w->heartbeat_ms > 0 ? w->heartbeat_ms : 1;
    for (;;) {
        int64_t now_ms = client_now_ms(f->ctl->client);
        int64_t wait_ms = time_left(f, beat_ms);
        if (wait_ms == 0)
            return CLIENT_TIMEOUT;
        if (f->status_sent_ms >= 0 &&
            now_ms - f->status_sent_ms > (int64_t)w->silent_ms) {
            client_close(f->ctl->client, "the coordinator has fallen silent");
            return CLIENT_LOST;
        }
        if (f->status_sent_ms < 0)
            ask_status(f);
        enum client_end end = client_run(f->ctl->client, wait_ms, on_reply, f);
        if (end == CLIENT_DONE && is_unread(f))
            return CLIENT_UNREAD;
        if (end == CLIENT_DONE && f->watch_ended) {
            client_close(f->ctl->client, "the coordinator stops");
            return CLIENT_LOST;
        }
        if (end != CLIENT_TIMEOUT)
            return end;
    }
}

/* Whether retrying at the same endpoint is pointless. */
static bool is_final(const struct follow *f, enum client_end end)
{
    return end == CLIENT_FOREIGN ||
           (end == CLIENT_REFUSED &&
            client_refusal(f->ctl->client)->code != REFUSAL_FULL);
}

/* Retries until connected, or until the deadline. */
static enum client_end retry_connect(struct follow *f)
{
    struct client *c = f->ctl->client;
    enum client_end end = CLIENT_UNREACHED;
    while (end != CLIENT_DONE && end != CLIENT_INTERRUPTED && end != CLIENT_UNREAD) {
        int64_t left_ms = time_left(f, RETRY_PAUSE_MS);
        if (left_ms == 0)
            return CLIENT_TIMEOUT;
        enum client_end paused = client_pause(c, left_ms);
        if (paused != CLIENT_DONE)
            return paused;
        bool moved = ctl_find_again(f->ctl);
        if (is_final(f, end) && !moved)
            return end;
        left_ms = time_left(f, CLIENT_CONNECT_MS);
        if (left_ms == 0)
            return CLIENT_TIMEOUT;
        end = client_connect(c, left_ms);
    }
    return end;
}

/* Reports the lost connection once, reconnects, and reports that. */
static enum client_end reconnect(struct follow *f)
{
    leave_bar(f);
    ctl_note(NULL, "lost the connection to %s: %s; trying again", f->ctl->where,
             client_why(f->ctl->client));
    f->lost = true;
    enum client_end end = retry_connect(f);
    if (end != CLIENT_DONE)
        return end;
    f->lost = false;
    ctl_note(NULL, "%s is back", f->ctl->where);
    return end;
}

/* Reports that the deadline has passed. */
static int report_timeout(struct follow *f, const char *id)
{
    char hint[80];
    snprintf(hint, sizeof(hint), "%spictl watch %s", f->lost ? "the job goes on: " : "",
             id);
    if (f->lost)
        ctl_error_as("TIMEOUT", hint, "time is up, and %s cannot be reached: %s",
                     f->ctl->where, client_why(f->ctl->client));
    else
        ctl_error_as("TIMEOUT", hint, "time is up before job %s has ended; it goes on",
                     id);
    return EXIT_TIMEOUT;
}

static int report_end(struct follow *f, enum client_end end)
{
    char id[JOB_ID_BYTES], hint[64];
    leave_bar(f);
    if (f->status)
        return f->status;
    job_id_text(id, f->job);
    if (end == CLIENT_DONE && *f->view.doubt)
        ctl_note(NULL, "job %s is in doubt: %s", id, f->view.doubt);
    if (end == CLIENT_DONE)
        return f->view.state == JOB_DONE ? EXIT_DONE : EXIT_NO;
    snprintf(hint, sizeof(hint), "pictl watch %s", id);
    if (end == CLIENT_TIMEOUT && f->job)
        return report_timeout(f, id);
    if (end == CLIENT_INTERRUPTED && f->job)
        ctl_note(hint, "job %s goes on", id);
    return ctl_client_failed(f->ctl, end);
}

int follow_job(struct ctl *ctl, const struct follow_options *options,
               struct arena *arena, struct job_view *ret)
{
    struct follow f = {
        .ctl = ctl,
        .options = options,
        .arena = arena,
        .style = term_job_line(fileno(options->out)),
        .job = options->job,
        .hint_ms = -1,
        .uid_known = options->uid != NULL,
    };
    if (options->uid)
        memcpy(f.uid, options->uid, sizeof(f.uid));
    enum client_end end;
    for (;;) {
        begin_watch(&f);
        end = watch_until_end(&f);
        if (end != CLIENT_LOST)
            break;
        end = reconnect(&f);
        if (end != CLIENT_DONE)
            break;
    }
    int status = report_end(&f, end);
    *ret = f.view;
    return status;
}
