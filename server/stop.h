// SPDX-License-Identifier: MIT
/*
 * How picoord ends, in one order whatever the reason: the core stops, connections end,
 * spawned workers exit, handles close, and the loop ends because nothing is left.
 *
 * Signals: TERM and INT stop at once, with exit status 0 within two seconds, and so
 * does HUP if picoord began on a terminal; a second one exits immediately.  USR2, and
 * TERM with --grace, first wait for outstanding leases.  USR1 logs a status.
 */
#ifndef SERVER_STOP_H
#define SERVER_STOP_H

#include "common/base/error.h"
#include "server/app.h"
#include "server/core/coord.h"

/* Opens the loop, the signals and the timers, which stay open until the end. */
void stop_open(struct app *app);

/* A start that failed on its way: closes what it had opened. */
void stop_half_started(struct app *app);

/* A drain is limited while the disk is full. */
void stop_store_event(struct app *app, enum event_type type);

/* Callbacks, whose ctx is the app. */
void stop_when_done(void *ctx, int status);               /* the job of --trials */
void stop_at_failure(void *ctx, const struct error *why); /* does not return */
void stop_core_stopped(void *ctx); /* it has committed, answered and sent everything */
void stop_net_closed(void *ctx);
void stop_spawn_gone(void *ctx);

#endif
