// SPDX-License-Identifier: MIT
/*
 * What picoord itself wants of its coordinator: the job of --trials, which it submits
 * as the operator CONN_LOCAL, progress while it runs, the finished job on stdout, and
 * status for the log and the service manager.
 */
#ifndef SERVER_LOCAL_OPERATOR_H
#define SERVER_LOCAL_OPERATOR_H

#include <uv.h>

#include "server/net/net.h"
#include "server/options.h"

struct local_operator;

/* on_done: with --exit-when-done, called with the exit status once no job is left and
 * the result was printed: of the last job that ended in this process, or of the
 * --trials job, whenever it ended.  Borrows the options. */
struct local_operator *local_operator_new(uv_loop_t *loop, struct net *net,
                                          const struct server_options *options,
                                          void (*on_done)(void *ctx, int status),
                                          void *ctx);

/* Logs each job that continues from an earlier process; and, when all is saved, each
 * one that the next process can continue (accepts NULL). */
void local_operator_log_resumed(struct local_operator *s);
void local_operator_log_stopped(struct local_operator *s);

/* Submits the job of --trials, if there is one.  If the state directory has the
 * same job, that one is used; if it has another one, on_done is called with exit
 * status 2. */
void local_operator_submit(struct local_operator *s);

/* For net_events.on_local_reply and on_effect. */
void local_operator_reply(struct local_operator *s, const struct msg *m);
void local_operator_event(struct local_operator *s, const struct event *n);

/* Queries status once: for the log, for the service manager.  Not while effects are
 * applied. */
void local_operator_log_status(struct local_operator *s);
void local_operator_notify_status(struct local_operator *s);

/* Clears the progress bar before another line is printed. */
void local_operator_clear_bar(struct local_operator *s);

/* Sends no more requests; frees itself once the event loop has closed its handles.
 * Accepts NULL. */
void local_operator_close(struct local_operator *s);

#endif
