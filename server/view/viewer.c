// SPDX-License-Identifier: MIT
#include "server/view/viewer.h"

#include <assert.h>
#include <string.h>

#include "server/view/console.h"

struct viewers {
    uv_loop_t *loop;
    struct report *report;
    const struct view_policy *policy;
    struct http *http;
    size_t n, max;
    uint64_t commands;
};

struct viewer {
    struct viewers *all;
    struct conn *conn;
    struct console *console; /* these two are NULL for one that is sent away */
    struct http_conn *http;
};

size_t viewers_of(size_t descriptors)
{
    size_t n = descriptors / 8;
    return n < VIEWERS_MAX ? n : VIEWERS_MAX;
}

int viewers_new(uv_loop_t *loop, struct report *report,
                const struct view_policy *policy, size_t max, struct viewers **ret)
{
    struct viewers *g = mem_zero(1, sizeof(*g));
    g->loop = loop;
    g->report = report;
    g->policy = policy;
    g->max = max;
    int err = http_new(loop, report, policy, &g->http);
    if (err < 0) {
        free(g);
        return err;
    }
    *ret = g;
    return 0;
}

/* ---- one ---- */

static void send_away(struct conn *c, const char *sentence)
{
    conn_write(c, sentence, strlen(sentence));
    conn_close(c);
}

static void refuse_full(struct conn *c, enum conn_protocol protocol)
{
    send_away(c, protocol == CONN_TEXT
                     ? "ERR too many look at this picoord, try again later\n"
                     : "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\n"
                       "Content-Type: text/plain\r\nContent-Length: 24\r\n"
                       "Connection: close\r\n\r\ntoo many, try again soon");
}

struct viewer *viewers_take(struct viewers *all, struct conn *c,
                            enum conn_protocol protocol, bool surplus)
{
    struct viewer *g = mem_zero(1, sizeof(*g));
    g->all = all;
    g->conn = c;
    all->n++;
    bool full = surplus || all->n > all->max;
    if (!full && protocol == CONN_HTTP) /* whoever it is: /healthz answers anyone */
        g->http = http_take(all->http, c);
    else if (!full && view_policy_may_look(all->policy, conn_is_local(c)))
        g->console = console_new(all->loop, c, all->report);
    if (full || (protocol == CONN_HTTP && !g->http))
        refuse_full(c, protocol);
    else if (!g->http && !g->console)
        send_away(c, "ERR this picoord answers only who is on its own machine; "
                     "started with --view open it answers others\n");
    return g;
}

void viewer_bytes(struct viewer *g, const void *bytes, size_t n)
{
    if (g->console)
        g->all->commands += console_bytes(g->console, bytes, n);
    else if (g->http)
        http_bytes(g->http, bytes, n);
}

void viewer_drained(struct viewer *g)
{
    if (g->console)
        console_drained(g->console);
    else if (g->http)
        http_drained(g->http);
}

void viewer_gone(struct viewer *g)
{
    if (g->console)
        console_gone(g->console);
    if (g->http)
        http_gone(g->http);
    g->all->n--;
    free(g);
}

void viewer_finish(struct viewer *g)
{
    if (!g->http || !http_finish(g->http))
        conn_close(g->conn);
}

/* ---- all ---- */

void viewers_effect(struct viewers *g, const struct effect *e)
{
    report_effect(g->report, e);
    http_effect(g->http, e);
}

void viewers_stats(const struct viewers *g, struct viewer_stats *ret)
{
    *ret = (struct viewer_stats){.requests = g->commands, .viewers = (unsigned)g->n};
    http_stats(g->http, ret);
}

void viewers_close(struct viewers *g)
{
    if (!g)
        return;
    assert(g->n == 0);
    http_close(g->http);
    free(g);
}
