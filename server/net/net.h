// SPDX-License-Identifier: MIT
/*
 * Runs the coordinator's core on an event loop: listeners, connections, a timer, the
 * store and the recomputing thread provide its inputs; its effects become messages,
 * closed connections and transactions.  One step at a time: effects are applied after
 * the step has returned and never lead directly into the next one.  It decides nothing
 * itself, except to reject connections that are no peers or exceed a limit.
 *
 * Owns all that it opens, including the core.  All callbacks come from the event loop.
 */
#ifndef SERVER_NET_NET_H
#define SERVER_NET_NET_H

#include <uv.h>

#include "common/base/base.h"
#include "common/net/conn.h"
#include "server/core/coord.h"
#include "server/store/store.h"
#include "server/view/viewer.h"

struct net;

enum {
    NET_LISTENERS = 16,
};

struct net_events {
    /* A reply to CONN_LOCAL; borrowed.  None of these callbacks may call
     * net_input(). */
    void (*on_local_reply)(void *ctx, const struct msg *m);
    void (*on_effect)(void *ctx, const struct effect *e); /* EFFECT_EVENT, _REVOKE */
    /* EFFECT_TOKEN.  The exception: it must call net_input() with INPUT_TOKEN. */
    void (*on_token)(void *ctx, const struct effect *e);
    /* The storage has failed: nothing can be counted any more, so the process must
     * exit. */
    void (*on_failed)(void *ctx, const char *sentence);
    void (*on_stopped)(void *ctx); /* after INPUT_STOP; may call net_close() */
    void (*on_closed)(void *ctx);  /* after net_close(); n is freed when it returns */
};

struct net_limits {
    size_t connections;    /* more get a Refusal */
    size_t an_origin;      /* limit for one address; this machine has none */
    int64_t frames, bytes; /* a second, from one peer; the rest is read later; 0: any */
    SSL_CTX *tls;          /* of tls_server(); borrowed until on_closed */
    bool plaintext; /* also accepts frames without TLS from this machine, without a
                       token */
    struct viewers *viewers; /* borrowed until on_closed; NULL: no text, no HTTP */
};

/*
 * Takes the store, even on failure, and restores its records.  -EBADMSG, with a
 * sentence, if they contradict each other.
 */
MUST_USE int net_new(uv_loop_t *loop, const struct coord_config *config,
                     struct store *store, const struct net_limits *limits,
                     const struct net_events *events, void *ctx, struct net **ret,
                     const char **ret_why);

/* Listens on the address and returns it with its actual port, as text.  0 or a negative
 * errno. */
MUST_USE int net_listen(struct net *n, const struct sockaddr *address,
                        char ret[ADDRESS_BYTES]);

/* Runs a step: a request of CONN_LOCAL, or INPUT_STOP.  Sets the time. */
void net_input(struct net *n, struct input *input);

/* Runs a step: a query of CONN_LOCAL.  take() gets the replies within the step; later
 * ones go to on_local_reply.  False: closing, no more steps. */
bool net_ask(struct net *n, const struct msg_request *request, reply_handler *take,
             void *ctx);

size_t net_connections(const struct net *n);

/* Stops all steps, closes each connection once its queue is sent or after
 * CONN_FLUSH_MS, calls on_closed, then frees itself.  Idempotent. */
void net_close(struct net *n);

/* The same without waiting.  Also after net_close(). */
void net_abort(struct net *n);

#endif
