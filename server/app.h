// SPDX-License-Identifier: MIT
/*
 * Private to main.c and stop.c: all that a running picoord has open.
 */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include <uv.h>

#include "common/net/address.h"
#include "common/sys/hash.h"
#include "server/access/access.h"
#include "server/local_operator.h"
#include "server/net/net.h"
#include "server/options.h"
#include "server/signals.h"
#include "server/spawn.h"
#include "server/view/event_feed.h"
#include "server/view/event_log.h"
#include "server/view/viewer.h"

struct app {
    struct server_options options;
    uv_loop_t loop;
    struct signals signals;
    uv_timer_t stop_timer, notify_timer, grace_timer;
    struct hash_mac mac;
    struct access *access;
    struct net *net; /* these three are NULL once closed */
    struct spawn *spawn;
    struct local_operator *self;
    struct viewers *viewers;
    struct event_feed *feed;
    struct event_log log;
    struct report report;
    struct view_policy policy;
    struct coord_program programs[PROGRAMS_MAX];
    const char *made; /* what this start has made anew, as a log line; NULL: nothing */
    const char *own_hosts[ADVERTISED_MAX];
    char addresses[OPTIONS_LISTEN_MAX][ADDRESS_BYTES];
    size_t n_addresses, max_conns;
    uint32_t own_fds, max_fds; /* descriptors: besides connections, and in all */
    bool draining;             /* leases are waited for */
    bool full;                 /* the disk is: nothing can be committed */
    bool stopping, closed;     /* shutting down; the handles are closing */
    int64_t started_ms;        /* Unix time */
    int status;
};

#endif
