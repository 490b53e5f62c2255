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

/* on_done: with --exit-when-done, once no job is left and the last that has ended in
 * this life has been printed, or that of --trials, in whichever life it ended; with the
 * exit status.  Borrows the options. */
struct local_operator *local_operator_new(uv_loop_t *loop, struct net *net,
                                          const struct server_options *options,
                                          void (*on_done)(void *ctx, int status),
                                          void *ctx);

/* Logs each job that goes on where an earlier life left it. */
void local_operator_log_resumed(struct local_operator *s);

/* Submits the job of --trials, if there is one; in a directory that has it, that is the
 * job, and where it is another one on_done comes with exit status 2. */
void local_operator_submit(struct local_operator *s);

/* From net_events: the answer to its submit, and what happens. */
void local_operator_reply(struct local_operator *s, const struct msg *m);
void local_operator_event(struct local_operator *s, const struct event *n);

/* One status: to the log, to the service manager. */
void local_operator_log_status(struct local_operator *s);
void local_operator_notify_status(struct local_operator *s);

/* Takes the progress bar off the terminal, for the line that comes. */
void local_operator_clear_bar(struct local_operator *s);

/* Asks nothing any more; frees itself once the loop has closed its handles.  Accepts
 * NULL. */
void local_operator_close(struct local_operator *s);

#endif
