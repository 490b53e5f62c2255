// SPDX-License-Identifier: MIT
#include "server/view/recent.h"

#include <stdlib.h>

#include "server/view/event_feed.h"
#include "server/view/past.h"

enum { MOMENT_MS = 1000 };

struct recent {
    uv_loop_t *loop;
    uv_timer_t timer;
    struct report *report;
    struct past *past;
    char *text; /* NULL: something has happened since */
};

static void forget_text(struct recent *r)
{
    free(r->text);
    r->text = NULL;
}

static void take_workers(void *ctx, const struct msg_reply *reply)
{
    struct recent *r = ctx;
    for (size_t i = 0; reply->body == REPLY_WORKERS && i < reply->workers.n; i++)
        past_worker(r->past, &reply->workers.workers[i]);
}

static void on_timer(uv_timer_t *timer)
{
    struct recent *r = timer->data;
    struct report *report = r->report;
    int64_t now_ms = (int64_t)uv_now(r->loop);
    struct status_view v;
    if (!past_is_due(r->past, now_ms) || !report_status(report, &v))
        return;
    forget_text(r);
    past_begin(r->past, now_ms, v.host.time_ms);
    report->ask(report->ctx, &(struct msg_request){.verb = REQUEST_WORKERS},
                take_workers, r);
}

void recent_event(struct recent *r)
{
    forget_text(r);
}

/* Many come at once after a restart: it is written once for all. */
const char *recent_json(struct recent *r)
{
    struct event_view events[EVENTS_KEPT];
    size_t n = r->report->feed ? event_feed_last(r->report->feed, events) : 0, bytes;
    if (r->text)
        return r->text;
    FILE *out = open_memstream(&r->text, &bytes);
    if (!out)
        abort();
    past_json(r->past, events, n, out);
    if (fclose(out) != 0)
        abort();
    return r->text;
}

struct recent *recent_new(uv_loop_t *loop, struct report *report)
{
    struct recent *r = mem_zero(1, sizeof(*r));
    r->loop = loop;
    r->report = report;
    r->past = past_new();
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    uv_timer_start(&r->timer, on_timer, MOMENT_MS, MOMENT_MS);
    return r;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct recent *r = handle->data;
    past_free(r->past);
    free(r->text);
    free(r);
}

void recent_close(struct recent *r)
{
    uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}
