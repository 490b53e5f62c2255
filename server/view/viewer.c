// SPDX-License-Identifier: MIT
#include "server/view/viewer.h"

#include <assert.h>
#include <string.h>

#include "server/view/console.h"
#include "server/view/route.h"

struct viewers {
    uv_loop_t *loop;
    struct report *report;
    const struct view_policy *policy;
    struct http *http;
    size_t n, served, max; /* served: those that are not refused */
    uint64_t commands, refused;
};

struct viewer {
    struct viewers *all;
    struct conn *conn;
    struct console *console; /* this and http are NULL for one that is refused */
    struct http_conn *http;
    bool served;
};

size_t viewers_kept(size_t max)
{
    size_t n = max / 8;
    return n < VIEWERS_KEPT_MAX ? n : VIEWERS_KEPT_MAX;
}

size_t viewers_of(size_t descriptors)
{
    size_t n = descriptors / 8;
    return n < VIEWERS_MAX ? n : VIEWERS_MAX;
}

int viewers_new(uv_loop_t *loop, struct report *report,
                const struct view_policy *policy, size_t max, struct viewers **ret)
{
    struct viewers *all = mem_zero(1, sizeof(*all));
    all->loop = loop;
    all->report = report;
    all->policy = policy;
    all->max = max;
    int err = http_new(loop, report, policy, &all->http);
    if (err < 0) {
        free(all);
        return err;
    }
    *ret = all;
    return 0;
}

/* ---- one viewer ---- */

static void send_and_close(struct conn *c, const char *sentence)
{
    conn_write(c, sentence, strlen(sentence));
    conn_close(c);
}

static void refuse_full(struct conn *c, enum conn_protocol protocol)
{
    char answer[512];
    static const char body[] = "{\"error\":{\"code\":\"FULL\",\"message\":\"" ROUTE_FULL
                               "\",\"hint\":\"try again in ten seconds\"}}\n";
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nCache-Control: no-store\r\n"
             "Retry-After: 10\r\nX-Content-Type-Options: nosniff\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             sizeof(body) - 1, body);
    send_and_close(c, protocol == CONN_TEXT ? "ERR " ROUTE_FULL ", try again later\n"
                                            : answer);
}

struct viewer *viewers_take(struct viewers *all, struct conn *c,
                            enum conn_protocol protocol, bool surplus)
{
    struct viewer *v = mem_zero(1, sizeof(*v));
    v->all = all;
    v->conn = c;
    all->n++;
    bool kept = all->served >= all->max;
    bool full = surplus || all->served >= all->max + viewers_kept(all->max) ||
                (kept && protocol == CONN_TEXT);
    all->refused += full;
    if (!full && protocol == CONN_HTTP) /* from any machine, for /healthz */
        v->http = http_take(all->http, c, kept);
    else if (!full && view_policy_may_look(all->policy, conn_is_local(c)))
        v->console = console_new(all->loop, c, all->report);
    if (full || (protocol == CONN_HTTP && !v->http))
        refuse_full(c, protocol);
    else if (!v->http && !v->console)
        send_and_close(c, "ERR this picoord answers only its own machine; "
                          "start it with --view open to answer others\n");
    v->served = v->http || v->console;
    all->served += v->served;
    return v;
}

void viewer_bytes(struct viewer *v, const void *bytes, size_t n)
{
    if (v->console)
        v->all->commands += console_bytes(v->console, bytes, n);
    else if (v->http)
        http_bytes(v->http, bytes, n);
}

bool viewer_late(struct viewer *v)
{
    return v->http && http_late(v->http);
}

void viewer_drained(struct viewer *v)
{
    if (v->console)
        console_drained(v->console);
    else if (v->http)
        http_drained(v->http);
}

void viewer_gone(struct viewer *v)
{
    if (v->console)
        console_gone(v->console);
    if (v->http)
        http_gone(v->http);
    v->all->n--;
    v->all->served -= v->served;
    free(v);
}

void viewer_finish(struct viewer *v)
{
    if (!v->http || !http_finish(v->http))
        conn_close(v->conn);
}

/* ---- all viewers ---- */

void viewers_effect(struct viewers *all, const struct effect *e)
{
    report_effect(all->report, e);
    http_effect(all->http, e);
}

void viewers_stats(const struct viewers *all, struct viewer_stats *ret)
{
    *ret = (struct viewer_stats){.requests = all->commands,
                                 .refused = all->refused,
                                 .viewers = (unsigned)all->n};
    http_stats(all->http, ret);
}

void viewers_close(struct viewers *all)
{
    if (!all)
        return;
    assert(all->n == 0);
    http_close(all->http);
    free(all);
}
