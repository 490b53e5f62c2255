// SPDX-License-Identifier: MIT
/*
 * HTTP by libmicrohttpd in the coordinator's event loop, without threads: the loop
 * polls its epoll descriptor, and one timer serves its timeouts.  libmicrohttpd gets
 * one end of a socket pair for each connection, never the connection itself.  So TLS,
 * plaintext, limits and shutdown are left to common/net/conn.h, for HTTP as for all
 * protocols.
 *
 * Heads are read here, by http_head.h, whatever the pieces that they come in.
 * libmicrohttpd gets one request at a time, as a line and no fields; meanwhile the peer
 * is not read from.  Responses are copied back as they are.  No body is read before the
 * answer, which is the last of its connection.
 *
 * A viewer that does not read costs HTTP_AHEAD_BYTES here and the buffers of the pair.
 * One that sends much costs HTTP_HEAD_BYTES and what is read at a time.
 */
#ifndef SERVER_VIEW_HTTP_H
#define SERVER_VIEW_HTTP_H

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/report.h"
#include "server/view/view_policy.h"

enum {
    HTTP_AHEAD_BYTES = 16 * 1024, /* queued above this: stop reading from the pair */
    HTTP_PAIR_BYTES = 16 * 1024,  /* send buffer of each socket of the pair */
    HTTP_POOL_BYTES = 6 * 1024,   /* libmicrohttpd's, for the heads of one exchange */
    HTTP_NEXT_MS = 15000,         /* timeout for the next request of a connection */
    HTTP_IDLE_S = 15,             /* timeout for a peer that does not read */
    HTTP_END_MS = 5000,           /* timeout for the last bytes of a connection */
    HTTP_BODY_BYTES = 16 << 20,   /* of a body, read away after the answer */
};

struct http;
struct http_conn;

/* Borrows report and policy until http_close().  0, or -ENOMEM if libmicrohttpd cannot
 * start. */
MUST_USE int http_new(uv_loop_t *loop, struct report *report,
                      const struct view_policy *policy, struct http **ret);

/* Serves a connection, borrowed until http_gone().  kept: in a place kept for probes,
 * and its one request may be for nothing else.  NULL: no descriptors are left. */
struct http_conn *http_take(struct http *h, struct conn *c, bool kept);

/* The peer sent bytes; n is 0 at the end of its stream. */
void http_bytes(struct http_conn *hc, const void *bytes, size_t n);

/* The connection's send queue is empty. */
void http_drained(struct http_conn *hc);

/* Its deadline has passed.  False: there is nothing to say before it closes. */
bool http_late(struct http_conn *hc);

/* The connection has closed. */
void http_gone(struct http_conn *hc);

/* The coordinator is stopping.  True: the connection follows the events, and closes by
 * itself after the event bye. */
bool http_finish(struct http_conn *hc);

/* Adds the counts of HTTP. */
void http_stats(const struct http *h, struct viewer_stats *ret);

/* Sends the effect to viewers that follow the events; may be called during a step. */
void http_effect(struct http *h, const struct effect *e);

/* After the last http_gone(); frees itself once the loop has closed its handles. */
void http_close(struct http *h);

#endif
