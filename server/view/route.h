// SPDX-License-Identifier: MIT
/*
 * Which answer a request gets.  Read only: GET and HEAD, no cookie, nothing for pages
 * from elsewhere, and headers that let a browser load nothing but our own.
 */
#ifndef SERVER_VIEW_ROUTE_H
#define SERVER_VIEW_ROUTE_H

#include <microhttpd.h>

#include "server/view/report.h"
#include "server/view/view_policy.h"

struct route {
    struct report *report;
    const struct view_policy *policy;
};

struct asked {
    const char *url, *method;
    bool local; /* by somebody on this machine */
};

/* Whether it is for the events, from somebody who may have them. */
bool route_is_stream(const struct route *r, struct MHD_Connection *m,
                     const struct asked *a);

/* How many events a second it asks for: 1 to 20. */
unsigned route_hz(struct MHD_Connection *m);

/* Answers everything else. */
enum MHD_Result route_answer(const struct route *r, struct MHD_Connection *m,
                             const struct asked *a);

/* Adds the headers that all answers have, queues it and lets go of it. */
enum MHD_Result route_answer_with(struct MHD_Connection *m, struct MHD_Response *answer,
                                  unsigned status);

#endif
