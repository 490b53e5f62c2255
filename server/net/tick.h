// SPDX-License-Identifier: MIT
/*
 * When the core gets its ticks: once its deadline has passed and the turn of the event
 * loop has read all ready input, so that no peer is judged late for input not yet read.
 */
#ifndef SERVER_NET_TICK_H
#define SERVER_NET_TICK_H

#include <uv.h>

#include "common/base/histogram.h"

enum { TICK_HANDLES = 3 };

struct tick {
    int64_t deadline_ms; /* set by the caller, in the event loop's time */

    /* A turn of the loop: timers, prepare, wait, read, check, close. */
    uv_prepare_t prepare; /* sets the timer */
    uv_check_t check;     /* ticks: all ready input has been read */
    uv_timer_t timer;     /* only wakes the event loop */
    int64_t timer_ms;
    int64_t begun_ms, begun_cpu_us; /* of the turn; CPU time for the log only */
    uint64_t turned_ns, idle_ns;    /* at the end of the last turn; waited until then */
    struct histogram turns;         /* how long they take, without their waits */
    void (*on_deadline)(void *ctx), (*on_end)(void *ctx);
    void *ctx;
};

/* on_deadline must move the deadline; the first call comes within 1 ms.  on_end is
 * called after each turn has read all ready input, and after on_deadline. */
void tick_open(struct tick *t, uv_loop_t *loop, void (*on_deadline)(void *ctx),
               void (*on_end)(void *ctx), void *ctx);

/* Closes its TICK_HANDLES handles; `data` becomes the data of each. */
void tick_close(struct tick *t, void *data, uv_close_cb on_closed);

#endif
