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
#include "server/view/report.h"
#include "server/view/view_policy.h"

struct route {
    struct report *report;
    const struct view_policy *policy;
};

struct http_request {
    const char *url, *method;
    bool local;          /* the client is on this machine */
    bool tls;            /* came in it */
    const char *address; /* of this machine, to which it came; or "" */
};

/* Whether the request is for the event stream and is permitted. */
bool route_is_stream(const struct route *r, struct MHD_Connection *m,
                     const struct http_request *req);

/* Ticks a second that the request asks for: 1 to 20. */
unsigned route_hz(struct MHD_Connection *m);

/* Queues the response to any other request. */
enum MHD_Result route_answer(const struct route *r, struct MHD_Connection *m,
                             const struct http_request *req);

/* Adds the headers that all responses have, queues the response and releases it. */
enum MHD_Result route_answer_with(struct MHD_Connection *m, struct MHD_Response *answer,
                                  unsigned status);

#endif
