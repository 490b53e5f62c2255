// SPDX-License-Identifier: MIT
/*
 * Those who only look: connections that speak text or HTTP.  No more than a share of
 * all connections, so that they never take a worker's place; nobody from another
 * machine unless the policy says so.  They reach the core through `report` alone.
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

/* A viewer by HTTP takes two more descriptors inside this process. */
enum { VIEWER_FDS = 2, VIEWERS_MAX = 4096 };

/* How many there may be where there are so many descriptors for connections. */
size_t viewers_of(size_t descriptors);

/* Borrows report and policy until viewers_close(). */
MUST_USE int viewers_new(uv_loop_t *loop, struct report *report,
                         const struct view_policy *policy, size_t max,
                         struct viewers **ret);

/* One has said by its first byte what it speaks; borrowed until viewer_gone().  Where
 * it may not be here it is told so and closed; that is still one. */
struct viewer *viewers_take(struct viewers *g, struct conn *c,
                            enum conn_protocol protocol, bool surplus);

/* From the connection's events. */
void viewer_bytes(struct viewer *g, const void *bytes, size_t n);
void viewer_drained(struct viewer *g);
void viewer_gone(struct viewer *g);

/* Says goodbye: the coordinator stops. */
void viewer_finish(struct viewer *g);

/* What happens in the core. */
void viewers_effect(struct viewers *g, const struct effect *e);

/* Those who look now, and what has been asked so far. */
void viewers_stats(const struct viewers *g, struct viewer_stats *ret);

/* After the last connection has gone: frees itself once the loop has closed its
 * handles.  Accepts NULL. */
void viewers_close(struct viewers *g);

#endif
