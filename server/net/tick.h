// SPDX-License-Identifier: MIT
/*
 * When the core gets its ticks: once its deadline has passed, and after a turn of the
 * loop has read what was ready, so that nobody is judged late for what waits to be
 * read.
 */
#ifndef SERVER_NET_TICK_H
#define SERVER_NET_TICK_H

#include <uv.h>

enum { TURN_HANDLES = 3 };

struct turn {
    int64_t deadline_ms; /* the caller's to set, in the loop's time */

    /* A turn of the loop: timers, prepare, wait, read, check, close. */
    uv_prepare_t prepare; /* sets the timer */
    uv_check_t check;     /* ticks: all that was ready has been read */
    uv_timer_t timer;     /* only ends the wait */
    int64_t timer_ms;
    int64_t begun_ms, begun_cpu_us; /* the turn; the second only for the log */
    void (*on_due)(void *ctx), (*on_end)(void *ctx);
    void *ctx;
};

/* on_due has to move the deadline on; the first comes in the next millisecond.  on_end
 * comes after each turn has read what was ready, and after on_due. */
void turn_open(struct turn *t, uv_loop_t *loop, void (*on_due)(void *ctx),
               void (*on_end)(void *ctx), void *ctx);

/* Its TURN_HANDLES handles, each with `data` as its own. */
void turn_close(struct turn *t, void *data, uv_close_cb on_closed);

#endif
