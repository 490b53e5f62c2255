// SPDX-License-Identifier: MIT
/*
 * HTTP by libmicrohttpd, on our loop and without a thread of its own: its epoll
 * descriptor is polled, its time-outs are one timer.  It never sees a connection of
 * ours; each has a socket pair, and bytes are carried from one to the other, so that
 * TLS, the clear, limits and goodbyes are common/conn's business for HTTP as for all.
 *
 * A viewer that does not read holds HTTP_AHEAD_BYTES here and what the pair takes.
 */
#ifndef SERVER_VIEW_HTTP_H
#define SERVER_VIEW_HTTP_H

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/report.h"
#include "server/view/view_policy.h"

enum {
    HTTP_AHEAD_BYTES = 16 * 1024, /* more waits in libmicrohttpd */
    HTTP_PAIR_BYTES = 16 * 1024,  /* of a socket of the pair */
    HTTP_HEAD_BYTES = 6 * 1024,   /* a request's line and headers, and its answer's */
    HTTP_NEXT_MS = 15000,         /* until the next request of a connection */
    HTTP_IDLE_S = 15,             /* a reader that stands still for so long goes */
    HTTP_END_MS = 5000,           /* the last bytes leave within, or are cut off */
};

struct http;
struct http_conn;

MUST_USE int http_new(uv_loop_t *loop, struct report *report,
                      const struct view_policy *policy, struct http **ret);

/* Takes on a connection, borrowed until http_gone(); NULL: out of descriptors. */
struct http_conn *http_take(struct http *h, struct conn *c);
void http_bytes(struct http_conn *hc, const void *bytes, size_t n); /* 0: the end */
void http_drained(struct http_conn *hc);
void http_gone(struct http_conn *hc);

/* The coordinator stops.  True: it follows the events, and ends by itself after the
 * goodbye. */
bool http_finish(struct http_conn *hc);

/* Adds what there is of HTTP. */
void http_stats(const struct http *h, struct viewer_stats *ret);

void http_effect(struct http *h, const struct effect *e);

/* After the last http_gone(); frees itself once the loop has closed its handles. */
void http_close(struct http *h);

#endif
