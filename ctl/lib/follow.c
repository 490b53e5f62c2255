// SPDX-License-Identifier: MIT
/*
 * A watch brings the job's views.  Beside it the status is asked for at every
 * heartbeat: it tells how many workers there are, and its answer that the coordinator
 * lives.
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
    uint64_t job; /* once known, so that a reconnect follows the same */
    struct job_view view;
    uint8_t uid[UID_BYTES]; /* the job's; a restarted coordinator may have another */
    bool known;             /* uid is set */
    bool seen;              /* view is set */
    bool drawn;             /* the cursor stands behind a bar */
    int status;             /* of an error reply, which has been said; 0: none */
    bool deserted;          /* the watch ended before the job did */
    bool lost;              /* the coordinator is being looked for */
    uint32_t watch, status_request;
    int64_t asked_ms; /* when the status was asked for; -1: it has been answered */
    int64_t heard_ms; /* when the last reply came */
    int64_t hinted_ms;
};

void follow_say_no_workers(const struct job_view *j)
{
    char id[JOB_ID_BYTES];
    ctl_error("here: piworker; elsewhere: the line that 'pictl token show' prints",
              "job %s %s: no workers attached, nothing will run yet",
              job_id_text(id, j->number), job_state_name(j->state));
}

int64_t follow_deadline(struct ctl *ctl, int64_t timeout_ms)
{
    return timeout_ms < 0 ? -1 : client_now_ms(ctl->client) + timeout_ms;
}

/* Leaves the line of the bar, so that other text begins a line; on a terminal the bar
 * is drawn again below. */
static void leave_bar(struct follow *f)
{
    if (f->drawn)
        fputs("\n", f->options->out);
    fflush(f->options->out);
    f->drawn = false;
}

static void draw(struct follow *f)
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

/* Another coordinator counts its jobs from 1 as well. */
static void on_other_job(struct follow *f)
{
    char id[JOB_ID_BYTES];
    leave_bar(f);
    ctl_error("'pictl jobs' lists those that it has",
              "%s has another job %s than the one that was followed", f->ctl->where,
              job_id_text(id, f->job));
    f->status = EXIT_UNKNOWN;
}

static void on_view(struct follow *f, const struct job_view *j, bool last)
{
    if (f->known && memcmp(f->uid, j->uid, sizeof(f->uid)) != 0) {
        on_other_job(f);
        return;
    }
    memcpy(f->uid, j->uid, sizeof(f->uid));
    f->known = true;
    arena_reset(f->arena);
    f->view = job_view_copy(f->arena, j);
    f->seen = true;
    f->job = j->number;
    f->deserted = last && !job_view_ended(j->state);
    draw(f);
}

static void on_status(struct follow *f, const struct msg_reply *r)
{
    f->asked_ms = -1;
    if (r->body != REPLY_STATUS || r->status.workers > 0 || !f->seen ||
        job_view_ended(f->view.state) || f->view.state == JOB_PAUSED)
        return;
    if (f->hinted_ms >= 0 && f->heard_ms - f->hinted_ms < FOLLOW_HINT_MS)
        return;
    f->hinted_ms = f->heard_ms;
    leave_bar(f);
    follow_say_no_workers(&f->view);
}

/* What is shown is the answer, and it cannot be written. */
static bool is_unread(const struct follow *f)
{
    return f->options->out == stdout && ferror(stdout);
}

static bool on_reply(void *ctx, const struct msg_reply *r)
{
    struct follow *f = ctx;
    if (r->id != f->watch && r->id != f->status_request)
        return false;
    f->heard_ms = client_now_ms(f->ctl->client);
    if (r->body == REPLY_ERROR) {
        leave_bar(f);
        f->status = ctl_error_reply(r->error.code, r->error.message, r->error.hint);
        return true;
    }
    if (r->id == f->status_request)
        on_status(f, r);
    else if (r->body == REPLY_JOB)
        on_view(f, &r->job, r->last);
    return f->status || f->deserted || is_unread(f) ||
           (f->seen && job_view_ended(f->view.state));
}

static void ask_status(struct follow *f)
{
    struct msg_request r = {.verb = REQUEST_STATUS, .job = f->job};
    f->status_request = client_send(f->ctl->client, &r);
    f->asked_ms = client_now_ms(f->ctl->client);
}

static void begin_watch(struct follow *f)
{
    uint32_t interval_ms = f->options->interval_ms      ? f->options->interval_ms
                           : f->style == JOB_LINE_PLAIN ? FOLLOW_LINE_MS
                                                        : FOLLOW_BAR_MS;
    struct msg_request r = {
        .verb = REQUEST_WATCH, .job = f->job, .interval_ms = interval_ms};
    f->deserted = false;
    f->watch = client_send(f->ctl->client, &r);
    ask_status(f);
}

/* At most `most_ms`, and no longer than --timeout; 0: that has struck. */
static int64_t time_left(const struct follow *f, int64_t most_ms)
{
    int64_t left_ms = f->options->deadline_ms - client_now_ms(f->ctl->client);
    if (f->options->deadline_ms < 0 || left_ms > most_ms)
        return most_ms;
    return left_ms > 0 ? left_ms : 0;
}

/* On one connection, a heartbeat after the other, until something ends it. */
static enum client_end watch_on(struct follow *f)
{
    const struct msg_welcome *w = client_welcome(f->ctl->client);
    int64_t beat_ms = w->heartbeat_ms > 0 ? w->heartbeat_ms : 1;
    for (;;) {
        int64_t now_ms = client_now_ms(f->ctl->client);
        int64_t wait_ms = time_left(f, beat_ms);
        if (wait_ms == 0)
            return CLIENT_TIMEOUT;
        if (f->asked_ms >= 0 && now_ms - f->asked_ms > (int64_t)w->silent_ms) {
            client_close(f->ctl->client, "the coordinator has fallen silent");
            return CLIENT_LOST;
        }
        if (f->asked_ms < 0)
            ask_status(f);
        enum client_end end = client_run(f->ctl->client, wait_ms, on_reply, f);
        if (end == CLIENT_DONE && is_unread(f))
            return CLIENT_UNREAD;
        if (end == CLIENT_DONE && f->deserted) {
            client_close(f->ctl->client, "the coordinator stops");
            return CLIENT_LOST;
        }
        if (end != CLIENT_TIMEOUT)
            return end;
    }
}

/* Those do not pass by themselves; only where another is found may it go on. */
static bool is_final(const struct follow *f, enum client_end end)
{
    return end == CLIENT_FOREIGN ||
           (end == CLIENT_REFUSED &&
            client_refusal(f->ctl->client)->code != REFUSAL_FULL);
}

/* Tries until it is there again, or until --timeout. */
static enum client_end find_again(struct follow *f)
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

/* What comes between is said once, and that it is over. */
static enum client_end bridge(struct follow *f)
{
    leave_bar(f);
    ctl_error(NULL, "lost the connection to %s: %s; trying again", f->ctl->where,
              client_why(f->ctl->client));
    f->lost = true;
    enum client_end end = find_again(f);
    if (end != CLIENT_DONE)
        return end;
    f->lost = false;
    ctl_error(NULL, "%s is back", f->ctl->where);
    return end;
}

/* --timeout has struck, and the job is known. */
static int say_late(struct follow *f, const char *id)
{
    char hint[80];
    snprintf(hint, sizeof(hint), "%spictl watch %s", f->lost ? "the job goes on: " : "",
             id);
    if (f->lost)
        ctl_error(hint, "time is up, and %s is not reached: %s", f->ctl->where,
                  client_why(f->ctl->client));
    else
        ctl_error(hint, "time is up before job %s has ended; it goes on", id);
    return EXIT_TIMEOUT;
}

static int finish(struct follow *f, enum client_end end)
{
    char id[JOB_ID_BYTES], hint[64];
    leave_bar(f);
    if (f->status)
        return f->status;
    if (end == CLIENT_DONE)
        return f->view.state == JOB_DONE ? EXIT_DONE : EXIT_NO;
    job_id_text(id, f->job);
    snprintf(hint, sizeof(hint), "pictl watch %s", id);
    if (end == CLIENT_TIMEOUT && f->job)
        return say_late(f, id);
    if (end == CLIENT_INTERRUPTED && f->job)
        ctl_error(hint, "job %s goes on", id);
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
        .hinted_ms = -1,
        .known = options->uid != NULL,
    };
    if (options->uid)
        memcpy(f.uid, options->uid, sizeof(f.uid));
    enum client_end end;
    for (;;) {
        begin_watch(&f);
        end = watch_on(&f);
        if (end != CLIENT_LOST)
            break;
        end = bridge(&f);
        if (end != CLIENT_DONE)
            break;
    }
    int status = finish(&f, end);
    *ret = f.view;
    return status;
}
