// SPDX-License-Identifier: MIT
#include "server/view/event_feed.h"

#include <stdio.h>
#include <string.h>

#include "common/base/base.h"
#include "server/view/event_view.h"

/* An event that outlives its step: `what` is static, its other strings lie here. */
struct kept {
    struct event_view view;
    char name[NAME_BYTES + 1], worker[NAME_BYTES + 1], reason[TEXT_BYTES + 1];
};

struct follower {
    conn_id conn;
    uint32_t request;
};

struct event_feed {
    event_sender *send;
    void *ctx;
    struct kept kept[EVENTS_KEPT]; /* a ring: event i is at i % EVENTS_KEPT */
    uint64_t n;                    /* events so far */
    struct follower followers[EVENT_FOLLOWERS];
    size_t n_followers;
};

struct event_feed *event_feed_new(event_sender *send, void *ctx)
{
    struct event_feed *f = mem_zero(1, sizeof(*f));
    f->send = send;
    f->ctx = ctx;
    return f;
}

void event_feed_free(struct event_feed *f)
{
    free(f);
}

static bool reply(struct event_feed *f, conn_id conn, uint32_t request, bool last,
                  const struct event_view *events, size_t n)
{
    struct msg_reply r = {.id = request, .last = last, .body = REPLY_EVENTS};
    r.events.events = events;
    r.events.n = n;
    return f->send(f->ctx, conn, &r);
}

static void too_many(struct event_feed *f, const struct effect *e)
{
    struct msg_reply r = {.id = e->events.request, .last = true, .body = REPLY_ERROR};
    r.error.code = ERROR_NOT_POSSIBLE;
    r.error.message = "too many follow the events already";
    r.error.hint = "pictl events shows the last ones";
    f->send(f->ctx, e->conn, &r);
}

size_t event_feed_last(const struct event_feed *f, struct event_view ret[EVENTS_KEPT])
{
    size_t n = f->n < EVENTS_KEPT ? (size_t)f->n : EVENTS_KEPT;
    for (size_t i = 0; i < n; i++)
        ret[i] = f->kept[(f->n - n + i) % EVENTS_KEPT].view;
    return n;
}

static void answer(struct event_feed *f, const struct effect *e)
{
    struct event_view past[EVENTS_KEPT];
    if (e->events.follow && f->n_followers == EVENT_FOLLOWERS) {
        too_many(f, e);
        return;
    }
    size_t n = event_feed_last(f, past);
    if (reply(f, e->conn, e->events.request, !e->events.follow, past, n) &&
        e->events.follow)
        f->followers[f->n_followers++] = (struct follower){e->conn, e->events.request};
}

static const struct event_view *keep(struct event_feed *f, const struct effect *e)
{
    struct kept *k = &f->kept[f->n++ % EVENTS_KEPT];
    k->view = event_view_of(e);
    snprintf(k->name, sizeof(k->name), "%s", k->view.name);
    snprintf(k->worker, sizeof(k->worker), "%s", k->view.worker);
    snprintf(k->reason, sizeof(k->reason), "%s", k->view.reason);
    k->view.name = k->name;
    k->view.worker = k->worker;
    k->view.reason = k->reason;
    return &k->view;
}

/* Whose connection is closed is forgotten with the next event. */
static void pass_on(struct event_feed *f, const struct event_view *v)
{
    size_t left = 0;
    for (size_t i = 0; i < f->n_followers; i++) {
        struct follower to = f->followers[i];
        if (reply(f, to.conn, to.request, false, v, 1))
            f->followers[left++] = to;
    }
    f->n_followers = left;
}

void event_feed_effect(struct event_feed *f, const struct effect *e)
{
    if (e->type == EFFECT_EVENTS)
        answer(f, e);
    else if (event_view_has(e))
        pass_on(f, keep(f, e));
}
