// SPDX-License-Identifier: MIT
/*
 * When the core gets its ticks: once its deadline has passed, and after a turn of the
 * loop has read what was ready, so that nobody is judged late for what waits to be
 * read.
 */
#ifndef SERVER_NET_TICK_H
#define SERVER_NET_TICK_H

#include <uv.h>

enum { TICK_HANDLES = 3 };

struct tick {
    int64_t deadline_ms; /* the caller's to set, in the loop's time */

    /* A turn of the loop: timers, prepare, wait, read, check, close. */
    uv_prepare_t prepare; /* sets the timer */
    uv_check_t check;     /* ticks: all that was ready has been read */
    uv_timer_t timer;     /* only ends the wait */
    int64_t timer_ms;
    int64_t begun_ms, begun_cpu_us; /* the turn; the second only for the log */
    void (*on_deadline)(void *ctx), (*on_end)(void *ctx);
    void *ctx;
};

/* on_deadline has to move the deadline on; the first comes in the next millisecond.
 * on_end comes after each turn has read what was ready, and after on_deadline. */
void tick_open(struct tick *t, uv_loop_t *loop, void (*on_deadline)(void *ctx),
               void (*on_end)(void *ctx), void *ctx);

/* Its TICK_HANDLES handles, each with `data` as its own. */
void tick_close(struct tick *t, void *data, uv_close_cb on_closed);

#endif
