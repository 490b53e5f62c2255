// SPDX-License-Identifier: MIT
#include "server/net/tick.h"

#include <time.h>

#include "common/base/base.h"
#include "common/sys/log.h"

/* A longer turn delays other ready input too much. */
enum { SLOW_TURN_MS = 10 };

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Wall and CPU time: the difference went to other programs. */
static void log_if_slow(struct tick *t, int64_t now_ms)
{
    int64_t cpu = cpu_us();
    if (now_ms - t->begun_ms > SLOW_TURN_MS)
        log_debug("slow turn of the loop", log_int("ms", now_ms - t->begun_ms),
                  log_int("cpu_us", cpu - t->begun_cpu_us));
    t->begun_cpu_us = cpu;
}

static void on_check(uv_check_t *check)
{
    struct tick *t = container_of(check, struct tick, check);
    t->begun_ms = (int64_t)uv_now(check->loop);
    if (t->begun_ms >= t->deadline_ms)
        t->on_deadline(t->ctx);
    t->on_end(t->ctx);
}

/* The deadline has passed while the event loop was busy.  Ready input is read first, so
 * this turn goes on to its wait and its check. */
static void on_wakeup_timer(uv_timer_t *timer)
{
    uv_timer_start(timer, on_wakeup_timer, 1, 0);
}

/* A turn ends before the next wait. */
static void measure_turn(struct tick *t)
{
    uint64_t now_ns = uv_hrtime(), idle_ns = uv_metrics_idle_time(t->prepare.loop);
    uint64_t busy_ns = now_ns - t->turned_ns - (idle_ns - t->idle_ns);
    if (t->turned_ns)
        histogram_add(&t->turns, busy_ns / 1000);
    t->turned_ns = now_ns;
    t->idle_ns = idle_ns;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct tick *t = container_of(prepare, struct tick, prepare);
    measure_turn(t);
    int64_t now = (int64_t)uv_now(prepare->loop);
    if (log_wants(LOG_LEVEL_DEBUG))
        log_if_slow(t, now);
    if (t->deadline_ms == t->timer_ms)
        return;
    t->timer_ms = t->deadline_ms;
    int64_t in_ms = t->deadline_ms - now;
    uv_timer_start(&t->timer, on_wakeup_timer, in_ms > 1 ? (uint64_t)in_ms : 1, 0);
}

void tick_open(struct tick *t, uv_loop_t *loop, void (*on_deadline)(void *ctx),
               void (*on_end)(void *ctx), void *ctx)
{
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    uv_prepare_init(loop, &t->prepare);
    uv_check_init(loop, &t->check);
    uv_timer_init(loop, &t->timer);
    uv_prepare_start(&t->prepare, on_prepare);
    uv_check_start(&t->check, on_check);
    uv_update_time(loop);
    t->begun_ms = (int64_t)uv_now(loop);
    t->deadline_ms = t->begun_ms + 1;
    t->on_deadline = on_deadline;
    t->on_end = on_end;
    t->ctx = ctx;
}

void tick_close(struct tick *t, void *data, uv_close_cb on_closed)
{
    t->prepare.data = t->check.data = t->timer.data = data;
    uv_close((uv_handle_t *)&t->prepare, on_closed);
    uv_close((uv_handle_t *)&t->check, on_closed);
    uv_close((uv_handle_t *)&t->timer, on_closed);
}
