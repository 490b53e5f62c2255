// SPDX-License-Identifier: MIT
/*
 * Those who only look: connections that speak text or HTTP.  No more than a share of
 * all connections, so that they never take a worker's place; nobody from another
 * machine unless the policy says so.  They reach the core through `show` alone.
 */
#ifndef SERVER_VIEW_VIEWER_H
#define SERVER_VIEW_VIEWER_H

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/http.h"
#include "server/view/report.h"
#include "server/view/view_policy.h"

struct guests;
struct guest;

/* A viewer by HTTP takes two more descriptors inside this process. */
enum { GUEST_FDS = 2, GUESTS_MAX = 4096 };

/* How many there may be where there are so many descriptors for connections. */
size_t guests_of(size_t descriptors);

/* Borrows show and policy until guests_close(). */
MUST_USE int guests_new(uv_loop_t *loop, struct show *show, const struct policy *policy,
                        size_t max, struct guests **ret);

/* One has said by its first byte what it speaks; borrowed until guest_gone().  Where it
 * may not be here it is told so and closed; that is still one. */
struct guest *guests_take(struct guests *g, struct conn *c, enum conn_dialect dialect,
                          bool surplus);

/* From the connection's events. */
void guest_bytes(struct guest *g, const void *bytes, size_t n);
void guest_drained(struct guest *g);
void guest_gone(struct guest *g);

/* Says goodbye: the coordinator stops. */
void guest_finish(struct guest *g);

/* What happens in the core, and its replies to CONN_SELF. */
void guests_effect(struct guests *g, const struct effect *e);
void guests_reply(struct guests *g, const struct msg *m);

/* After the last connection has gone: frees itself once the loop has closed its
 * handles.  Accepts NULL. */
void guests_close(struct guests *g);

#endif
