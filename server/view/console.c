// SPDX-License-Identifier: MIT
#include "server/view/console.h"

#include <stdio.h>
#include <string.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"

struct console {
    struct conn *conn; /* NULL: closed */
    struct report *report;
    uv_timer_t timer; /* of `watch` */
    char line[CONSOLE_LINE_BYTES + 1];
    size_t n;
    bool answered; /* the connection closes once the answer is sent */
    bool watching;
    unsigned stuck_s;
};

/* ---- commands ---- */

static bool answer_version(struct report *report, FILE *out)
{
    (void)report;
    fprintf(out, "picoord %s protocol %d\n", PI_VERSION, PROTOCOL_MAX);
    return true;
}

static bool answer_help(struct report *report, FILE *out);

static const struct command {
    const char *name, *help;
    bool (*answer)(struct report *report, FILE *out); /* NULL: `watch` */
} commands[] = {
    {"status", "the coordinator and its current job", report_status_text},
    {"jobs", "a line a job", report_jobs_text},
    {"workers", "a line a worker", report_workers_text},
    {"version", "what runs here", answer_version},
    {"metrics", "the same for Prometheus", report_metrics},
    {"watch", "the current job, a line a second, until it has ended", NULL},
    {"join", "the line by which a worker joins", report_join_text},
    {"help", "this", answer_help},
};

static bool is_available(const struct report *report, const struct command *c)
{
    return c->answer != report_join_text || report->join;
}

static bool answer_help(struct report *report, FILE *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (is_available(report, &commands[i]))
            fprintf(out, "%-8s %s\n", commands[i].name, commands[i].help);
    return true;
}

static void write_unknown(struct report *report, const char *command, FILE *out)
{
    char shown[4 * CONSOLE_LINE_BYTES + 1];
    fprintf(out, "ERR unknown command '%s'; try:",
            format_escape_str(shown, sizeof(shown), command));
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (is_available(report, &commands[i]))
            fprintf(out, " %s", commands[i].name);
    putc('\n', out);
}

bool console_answer(struct report *report, const char *command, FILE *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];
        if (strcmp(command, c->name) != 0 || !is_available(report, c))
            continue;
        if (!c->answer)
            return false;
        if (!c->answer(report, out))
            fputs("ERR the coordinator is stopping\n", out);
        return true;
    }
    write_unknown(report, command, out);
    return true;
}

/* ---- watch ---- */

/* Writes one line.  True if it is the last. */
static bool watch_line(struct report *report, FILE *out)
{
    char line[JOB_LINE_BYTES];
    struct status_view v;
    if (!report_status(report, &v)) {
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

static void end_answer(struct console *c)
{
    c->answered = true;
    uv_timer_stop(&c->timer);
    conn_deadline(c->conn, CONSOLE_ANSWER_MS);
}

static void send_answer(struct console *c, bool write(struct console *c, FILE *out))
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    if (!out)
        abort();
    bool last = write(c, out);
    if (fclose(out) != 0)
        abort();
    conn_write(c->conn, bytes, n);
    free(bytes);
    if (last)
        end_answer(c);
}

static bool write_line(struct console *c, FILE *out)
{
    return watch_line(c->report, out);
}

static void on_watch_timer(uv_timer_t *timer)
{
    struct console *c = timer->data;
    if (conn_queued_bytes(c->conn) <= CONSOLE_WATCH_AHEAD) {
        c->stuck_s = 0;
        send_answer(c, write_line);
    } else if (++c->stuck_s >= CONSOLE_WATCH_STUCK_S) {
        conn_abort(c->conn);
        uv_timer_stop(timer);
    }
}

static void begin_watch(struct console *c)
{
    c->watching = true;
    conn_deadline(c->conn, -1);
    uv_timer_start(&c->timer, on_watch_timer, CONSOLE_WATCH_MS, CONSOLE_WATCH_MS);
    send_answer(c, write_line);
}

/* ---- the connection ---- */

static bool write_answer(struct console *c, FILE *out)
{
    return console_answer(c->report, c->line, out);
}

static bool write_too_long(struct console *c, FILE *out)
{
    (void)c;
    fprintf(out, "ERR a command has at most %d bytes\n", CONSOLE_LINE_BYTES);
    return true;
}

/* The command is complete. */
static void answer_command(struct console *c)
{
    while (c->n > 0 && (c->line[c->n - 1] == '\r' || c->line[c->n - 1] == ' '))
        c->n--;
    c->line[c->n] = '\0';
    send_answer(c, write_answer);
    if (!c->answered)
        begin_watch(c);
}

bool console_bytes(struct console *c, const char *bytes, size_t n)
{
    if (c->answered || c->watching)
        return false;
    if (n == 0) {
        answer_command(c);
        return true;
    }
    const char *newline = memchr(bytes, '\n', n);
    size_t take = newline ? (size_t)(newline - bytes) : n;
    if (take > CONSOLE_LINE_BYTES - c->n) {
        send_answer(c, write_too_long);
        return false;
    }
    memcpy(c->line + c->n, bytes, take);
    c->n += take;
    if (newline)
        answer_command(c);
    return newline;
}

void console_drained(struct console *c)
{
    if (c->answered)
        conn_close(c->conn);
}

static void on_timer_closed(uv_handle_t *h)
{
    free(h->data);
}

void console_gone(struct console *c)
{
    c->conn = NULL;
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

struct console *console_new(uv_loop_t *loop, struct conn *conn, struct report *report)
{
    struct console *c = mem_zero(1, sizeof(*c));
    c->conn = conn;
    c->report = report;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    return c;
}
