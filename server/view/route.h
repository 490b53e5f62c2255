// SPDX-License-Identifier: MIT
/*
 * Routes HTTP requests to responses.  Read only: GET and HEAD, no cookies, nothing for
 * pages of other origins, and headers that forbid the browser to load anything from
 * elsewhere.
 */
#ifndef SERVER_VIEW_ROUTE_H
#define SERVER_VIEW_ROUTE_H

#include <microhttpd.h>

#include "common/net/address.h"
#include "server/view/http_head.h"
#include "server/view/report.h"
#include "server/view/view_policy.h"

/* What a viewer is told that there is no place for. */
#define ROUTE_FULL "too many viewers of this picoord"

struct route {
    struct report *report;
    const struct view_policy *policy;
};

struct http_request {
    const char *url, *method; /* as libmicrohttpd has read them */
    const struct http_head *head;
    bool local;          /* the client is on this machine, and no proxy */
    bool tls;            /* came in it */
    const char *address; /* of this machine, to which it came; or "" */
};

/* Whether the path is of those that monitoring asks for: some places are kept for it.
 */
bool route_is_probe(const char *url);

/* Queues the refusal of a request that is malformed, too long or too late, or has no
 * place. */
enum MHD_Result route_refuse(struct MHD_Connection *m, unsigned status,
                             const char *why);

/* If the request is for the event stream and is permitted, the ticks a second that it
 * asks for, 1 to 20; otherwise 0. */
unsigned route_stream_hz(const struct route *r, struct MHD_Connection *m,
                         const struct http_request *req);

/* Queues the response to any other request. */
enum MHD_Result route_answer(const struct route *r, struct MHD_Connection *m,
                             const struct http_request *req);

/* Adds the headers that all responses have, queues the response and releases it. */
enum MHD_Result route_answer_with(struct MHD_Connection *m, struct MHD_Response *answer,
                                  unsigned status);

#endif
