// SPDX-License-Identifier: MIT
#include "server/text.h"

#include <stdio.h>
#include <string.h>

#include "common/jobtext.h"
#include "common/text.h"

struct text {
    struct conn *conn; /* NULL: gone */
    struct show *show;
    uv_timer_t timer; /* of watch */
    char line[TEXT_LINE_BYTES + 1];
    size_t n;
    bool answered; /* closed when that has left */
    bool watching;
    unsigned stuck_s;
};

/* ---- commands ---- */

static bool version(struct show *show, FILE *out)
{
    (void)show;
    fprintf(out, "picoord %s protocol %d\n", PI_VERSION, PROTOCOL_MAX);
    return true;
}

static bool join(struct show *show, FILE *out)
{
    show->join(show->ctx, out);
    return true;
}

static bool help(struct show *show, FILE *out);

static const struct command {
    const char *word, *help;
    bool (*answer)(struct show *show, FILE *out); /* NULL: watch */
} commands[] = {
    {"status", "the coordinator and its current job", show_status_text},
    {"jobs", "a line a job", show_jobs_text},
    {"workers", "a line a worker", show_workers_text},
    {"version", "what runs here", version},
    {"metrics", "the same for Prometheus", show_metrics},
    {"watch", "the current job, a line a second, until it has ended", NULL},
    {"join", "the line by which a worker joins", join},
    {"help", "this", help},
};

static bool is_there(const struct show *show, const struct command *c)
{
    return c->answer != join || show->join;
}

static bool help(struct show *show, FILE *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (is_there(show, &commands[i]))
            fprintf(out, "%-8s %s\n", commands[i].word, commands[i].help);
    return true;
}

static void say_unknown(struct show *show, const char *command, FILE *out)
{
    char shown[4 * TEXT_LINE_BYTES + 1];
    fprintf(out, "ERR unknown command '%s'; try:",
            text_escape_str(shown, sizeof(shown), command));
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (is_there(show, &commands[i]))
            fprintf(out, " %s", commands[i].word);
    putc('\n', out);
}

bool text_answer(struct show *show, const char *command, FILE *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];
        if (strcmp(command, c->word) != 0 || !is_there(show, c))
            continue;
        if (!c->answer)
            return false;
        if (!c->answer(show, out))
            fputs("ERR the coordinator is stopping\n", out);
        return true;
    }
    say_unknown(show, command, out);
    return true;
}

/* ---- watch ---- */

/* One line; true: it was the last. */
static bool watch_line(struct show *show, FILE *out)
{
    char line[JOB_LINE_BYTES];
    struct status_view v;
    if (!show_status(show, &v)) {
        fputs("ERR the coordinator is stopping\n", out);
        return true;
    }
    if (!v.job) {
        fprintf(out, "no job%s%s\n", *v.reason ? ": " : "", v.reason);
        return false;
    }
    job_progress_line(line, sizeof(line), v.job, 0, JOB_LINE_PLAIN);
    fprintf(out, "%s\n", line);
    return job_view_ended(v.job->state);
}

static void finish(struct text *t)
{
    t->answered = true;
    uv_timer_stop(&t->timer);
    conn_deadline(t->conn, TEXT_ANSWER_MS);
}

static void send_answer(struct text *t, bool write(struct text *t, FILE *out))
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    if (!out)
        abort();
    bool last = write(t, out);
    if (fclose(out) != 0)
        abort();
    conn_write(t->conn, bytes, n);
    free(bytes);
    if (last)
        finish(t);
}

static bool write_line(struct text *t, FILE *out)
{
    return watch_line(t->show, out);
}

static void on_timer(uv_timer_t *timer)
{
    struct text *t = timer->data;
    if (conn_queued_bytes(t->conn) <= TEXT_WATCH_AHEAD) {
        t->stuck_s = 0;
        send_answer(t, write_line);
    } else if (++t->stuck_s >= TEXT_WATCH_STUCK_S) {
        conn_abort(t->conn);
        uv_timer_stop(timer);
    }
}

static void watch(struct text *t)
{
    t->watching = true;
    conn_deadline(t->conn, -1);
    uv_timer_start(&t->timer, on_timer, TEXT_WATCH_MS, TEXT_WATCH_MS);
    send_answer(t, write_line);
}

/* ---- the connection ---- */

static bool write_answer(struct text *t, FILE *out)
{
    return text_answer(t->show, t->line, out);
}

static bool write_too_long(struct text *t, FILE *out)
{
    (void)t;
    fprintf(out, "ERR a command has at most %d bytes\n", TEXT_LINE_BYTES);
    return true;
}

/* The command is whole. */
static void obey(struct text *t)
{
    while (t->n > 0 && (t->line[t->n - 1] == '\r' || t->line[t->n - 1] == ' '))
        t->n--;
    t->line[t->n] = '\0';
    t->show->requests++;
    send_answer(t, write_answer);
    if (!t->answered)
        watch(t);
}

void text_bytes(struct text *t, const char *bytes, size_t n)
{
    if (t->answered || t->watching)
        return;
    if (n == 0) {
        obey(t);
        return;
    }
    const char *newline = memchr(bytes, '\n', n);
    size_t take = newline ? (size_t)(newline - bytes) : n;
    if (take > TEXT_LINE_BYTES - t->n) {
        send_answer(t, write_too_long);
        return;
    }
    memcpy(t->line + t->n, bytes, take);
    t->n += take;
    if (newline)
        obey(t);
}

void text_drained(struct text *t)
{
    if (t->answered)
        conn_close(t->conn);
}

static void on_timer_closed(uv_handle_t *h)
{
    free(h->data);
}

void text_gone(struct text *t)
{
    t->conn = NULL;
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
}

struct text *text_new(uv_loop_t *loop, struct conn *c, struct show *show)
{
    struct text *t = mem_zero(1, sizeof(*t));
    t->conn = c;
    t->show = show;
    uv_timer_init(loop, &t->timer);
    t->timer.data = t;
    return t;
}
