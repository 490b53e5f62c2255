// SPDX-License-Identifier: MIT
/*
 * The coordinator's core on a loop: listeners, connections, one timer, the store and
 * the recomputing thread become its inputs; its effects become messages, closings and
 * transactions.  A step at a time: effects are applied after the step has returned and
 * never lead into the next one directly.  Decides nothing by itself, but for strangers
 * that are no peers at all and for those that are too many.
 *
 * Owns everything that it opens, the core included; all callbacks come from the loop.
 */
#ifndef SERVER_NET_NET_H
#define SERVER_NET_NET_H

#include <uv.h>

#include "common/base/base.h"
#include "common/net/conn.h"
#include "server/core/coord.h"
#include "server/store/store.h"
#include "server/view/event_log.h"
#include "server/view/meters.h"
#include "server/view/viewer.h"

struct net;
struct offers;
struct self_test;

enum {
    NET_LISTENERS = 16,
};

struct net_events {
    /* To what CONN_LOCAL has asked for in a step; borrowed.  None of these may step: no
     * net_input(). */
    void (*on_local_reply)(void *ctx, const struct msg *m);
    void (*on_effect)(void *ctx, const struct effect *e); /* EFFECT_EVENT, _REVOKE,
                                                               _EVENTS */
    /* EFFECT_TOKEN; the one that may step, and has to: with INPUT_TOKEN. */
    void (*on_token)(void *ctx, const struct effect *e);
    /* The storage has failed: nothing can be counted any more, so the process must go.
     */
    void (*on_failed)(void *ctx, const struct error *why);
    void (*on_stopped)(void *ctx); /* after INPUT_STOP; net_close() is fine here */
    void (*on_closed)(void *ctx);  /* after net_close(); n is gone when it returns */
};

struct net_limits {
    size_t connections;    /* more are refused politely */
    size_t an_origin;      /* of them from one address that is not of this machine */
    int64_t frames, bytes; /* a second, from one peer; more are read later; 0: any */
    SSL_CTX *tls;          /* of tls_server(); borrowed until on_closed */
    const struct offers
        *offers; /* programs of picoord's own, which have passed these */
    const struct self_test
        *tests;     /* tests; both borrowed until on_closed; NULL: none */
    bool plaintext; /* frames in the clear are taken too, from this machine, and
                       whoever sends them needs no token */
    struct event_log
        *log; /* who tells of connections; borrowed until on_closed; or NULL */
    struct viewers *viewers; /* who takes text and HTTP; borrowed until on_closed; NULL:
                              nobody */
};

/*
 * Takes the store, whatever comes back, and takes up what it has found: -EBADMSG and a
 * sentence where that cannot be true.
 */
MUST_USE int net_new(uv_loop_t *loop, const struct coord_config *config,
                     struct store *store, const struct net_limits *limits,
                     const struct net_events *events, void *ctx, struct net **ret,
                     const char **ret_why);

/* Listens there and fills in the port that it got, as text.  0 or a negative errno. */
MUST_USE int net_listen(struct net *n, const struct sockaddr *address,
                        char ret[ADDRESS_BYTES]);

/* A step: a request of CONN_LOCAL, or INPUT_STOP.  Fills in the time. */
void net_input(struct net *n, struct input *input);

/* No step: a question that changes nothing, as of coord_query().  The answer is valid
 * until the next one or the next step.  False: there is none, because all is being
 * closed, or not yet. */
bool net_query(struct net *n, const struct msg_request *request, reply_sink *sink,
               void *ctx);

/* No step: sends a reply to an operator, unless what was sent before is still queued.
 * False: the connection is closed. */
bool net_reply(struct net *n, conn_id conn, const struct msg_reply *reply);

size_t net_connections(const struct net *n);

/* Fills in what it has measured: transactions, turns of the loop, refusals of its own
 * and what the core has counted. */
void net_measure(const struct net *n, struct meters *ret);

/* No more steps; closes all connections after what is queued has left, at the latest
 * after CONN_FLUSH_MS, then on_closed, then frees itself.  Idempotent. */
void net_close(struct net *n);

/* The same without waiting for anything.  Also after net_close(). */
void net_abort(struct net *n);

#endif
