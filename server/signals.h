// SPDX-License-Identifier: MIT
/*
 * Signals on the event loop.  SIGHUP counts as one to stop if picoord began on a
 * terminal, which has closed then; not under nohup.  In the first process of a
 * container SIGCHLD leads to the end of orphans.
 */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

#include <stdbool.h>

#include <uv.h>

enum { SIGNALS = 6 };

struct signals_events {
    void (*on_status)(void *ctx); /* SIGUSR1 */
    void (*on_drain)(void *ctx);  /* SIGUSR2 */
    void (*on_stop)(void *ctx, int signum);
    void (*on_again)(void *ctx, int signum); /* told to stop once more: at once */
    bool (*owns)(void *ctx, pid_t pid);      /* a child that libuv waits for */
};

struct signals {
    const struct signals_events *events; /* borrowed */
    void *ctx;
    uv_signal_t handles[SIGNALS];
    uv_timer_t reap;
    bool terminal; /* picoord began on one */
    bool told;     /* to stop */
};

void signals_open(struct signals *s, uv_loop_t *loop,
                  const struct signals_events *events, void *ctx);
void signals_close(struct signals *s);

#endif
