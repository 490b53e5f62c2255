// SPDX-License-Identifier: MIT
#include "server/turn.h"

#include "common/base.h"
#include "common/log.h"

enum { SLOW_TURN_MS = 50 };

static void on_check(uv_check_t *check)
{
    struct turn *t = container_of(check, struct turn, check);
    t->turn_ms = (int64_t)uv_now(check->loop);
    if (t->turn_ms >= t->deadline_ms)
        t->on_due(t->ctx);
    t->on_end(t->ctx);
}

/* The deadline passed while the loop was busy: what is ready is read first, and for
 * that the turn goes on to its wait and its check. */
static void on_timer(uv_timer_t *timer)
{
    uv_timer_start(timer, on_timer, 1, 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct turn *t = container_of(prepare, struct turn, prepare);
    int64_t now = (int64_t)uv_now(prepare->loop);
    if (now - t->turn_ms > SLOW_TURN_MS)
        log_debug("slow turn of the loop", log_int("ms", now - t->turn_ms));
    if (t->deadline_ms == t->timer_ms)
        return;
    t->timer_ms = t->deadline_ms;
    int64_t in_ms = t->deadline_ms - now;
    uv_timer_start(&t->timer, on_timer, in_ms > 1 ? (uint64_t)in_ms : 1, 0);
}

void turn_open(struct turn *t, uv_loop_t *loop, void (*on_due)(void *ctx),
               void (*on_end)(void *ctx), void *ctx)
{
    uv_prepare_init(loop, &t->prepare);
    uv_check_init(loop, &t->check);
    uv_timer_init(loop, &t->timer);
    uv_prepare_start(&t->prepare, on_prepare);
    uv_check_start(&t->check, on_check);
    uv_update_time(loop);
    t->turn_ms = (int64_t)uv_now(loop);
    t->deadline_ms = t->turn_ms + 1;
    t->on_due = on_due;
    t->on_end = on_end;
    t->ctx = ctx;
}

void turn_close(struct turn *t, void *data, uv_close_cb on_closed)
{
    t->prepare.data = t->check.data = t->timer.data = data;
    uv_close((uv_handle_t *)&t->prepare, on_closed);
    uv_close((uv_handle_t *)&t->check, on_closed);
    uv_close((uv_handle_t *)&t->timer, on_closed);
}
