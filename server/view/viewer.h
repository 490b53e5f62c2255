// SPDX-License-Identifier: MIT
/*
 * Viewers: connections that speak text or HTTP, read only.  They get a limited share of
 * all connections, so that they never displace workers, and must be on this machine
 * unless the policy permits others.  They use the core only through `report`.
 */
#ifndef SERVER_VIEW_VIEWER_H
#define SERVER_VIEW_VIEWER_H

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/http.h"
#include "server/view/report.h"
#include "server/view/view_policy.h"

struct viewers;
struct viewer;

/* VIEWER_FDS: descriptors of an HTTP viewer in addition to its connection. */
enum { VIEWER_FDS = 2, VIEWERS_MAX = 4096, VIEWERS_KEPT_MAX = 16 };

/* Maximum number of viewers, given the number of descriptors for connections. */
size_t viewers_of(size_t descriptors);

/* Places in addition to those, kept for /healthz, /readyz and /metrics: one request and
 * the connection ends. */
size_t viewers_kept(size_t max);

/* Borrows report and policy until viewers_close().  0, or -ENOMEM. */
MUST_USE int viewers_new(uv_loop_t *loop, struct report *report,
                         const struct view_policy *policy, size_t max,
                         struct viewers **ret);

/* Serves a connection, borrowed until viewer_gone(), whose first byte showed its
 * protocol.  If it is surplus, over the limit or not permitted, it gets an error and is
 * closed; it counts as a viewer until then. */
struct viewer *viewers_take(struct viewers *all, struct conn *c,
                            enum conn_protocol protocol, bool surplus);

/* The peer sent bytes; n is 0 at the end of its stream. */
void viewer_bytes(struct viewer *v, const void *bytes, size_t n);

/* Its deadline has passed.  False: there is nothing to say before it closes. */
bool viewer_late(struct viewer *v);

/* The connection's send queue is empty. */
void viewer_drained(struct viewer *v);

/* The connection has closed; frees the viewer. */
void viewer_gone(struct viewer *v);

/* The coordinator is stopping: closes the connection, after the event bye if it follows
 * the events. */
void viewer_finish(struct viewer *v);

/* Counts the effect and sends it to viewers; may be called during a step. */
void viewers_effect(struct viewers *all, const struct effect *e);

/* Counts of viewers now, and of requests since the start. */
void viewers_stats(const struct viewers *all, struct viewer_stats *ret);

/* Must follow the last viewer_gone().  Memory is freed once the loop has closed the
 * handles.  Accepts NULL. */
void viewers_close(struct viewers *all);

#endif
