// SPDX-License-Identifier: MIT
/*
 * Watchers: connections that get updates of a job until it has ended.
 */
#include "server/core/watch.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/effects.h"
#include "server/core/reply.h"

enum { WATCHES_A_PEER = 16 };

void watch_release(struct coord *c)
{
    for (struct watch *w = c->watches.head, *next; w; w = next) {
        next = w->next;
        free(w);
    }
}

static void watch_remove(struct coord *c, struct watch *w)
{
    struct watch **link = &c->watches.head;
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    heap_remove(&c->out.timers, &w->timer.item);
    free(w);
}

void watch_add(struct coord *c, conn_id conn, const struct msg_request *r,
               struct job *j)
{
    unsigned n = 0;
    assert(j->shown.there);
    for (const struct watch *w = c->watches.head; w; w = w->next)
        n += w->conn == conn;
    if (n >= WATCHES_A_PEER) {
        reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, "",
                    "a connection may watch %d jobs", WATCHES_A_PEER);
        return;
    }
    if (j->shown.state >= JOB_DONE) {
        reply_job(c, conn, r->id, j, true, false);
        return;
    }
    struct watch *w = mem_zero(1, sizeof(*w));
    *w = (struct watch){.conn = conn,
                        .request = r->id,
                        .interval_ms = r->interval_ms,
                        .job = j,
                        .next = c->watches.head};
    w->timer.type = TIMER_WATCH;
    c->watches.head = w;
    watch_fire(c, w);
}

void watch_fire(struct coord *c, struct watch *w)
{
    reply_job(c, w->conn, w->request, w->job, false, true);
    timer_set(c, &w->timer, c->clock.now_ms + w->interval_ms);
}

void watch_job_ended(struct coord *c, struct job *j)
{
    for (struct watch *w = c->watches.head, *next; w; w = next) {
        next = w->next;
        if (w->job != j)
            continue;
        reply_job(c, w->conn, w->request, j, true, false);
        watch_remove(c, w);
    }
}

void watch_lost(struct coord *c, conn_id conn)
{
    for (struct watch *w = c->watches.head, *next; w; w = next) {
        next = w->next;
        if (w->conn == conn)
            watch_remove(c, w);
    }
}

void watch_check(const struct coord *c)
{
    for (const struct watch *w = c->watches.head; w; w = w->next) {
        assert(w->timer.type == TIMER_WATCH && w->timer.item.place != 0);
        assert(w->job->shown.state < JOB_DONE);
    }
}
