// SPDX-License-Identifier: MIT
/*
 * A connection that carries frames, on a libuv event loop.  It owns its handles and
 * buffers.  The pointer from conn_accept() or conn_dial() is valid until on_closed
 * returns.  on_closed is called exactly once, however the connection ends, and never
 * from within a call of these functions.
 *
 * All frames of one loop iteration leave in one write.  Backpressure: while more than
 * CONN_SOFT_BYTES are queued for a peer, it is not read from; above CONN_HARD_BYTES it
 * is dropped.  The transport is TLS 1.3 with a pinned key (common/net/tls.h). Plaintext
 * frames travel only between loopback addresses, and only if both ends allow them.
 *
 * An acceptor may also take text commands and HTTP, the protocols of people and
 * browsers.  Such a connection is a stream: it carries bytes both ways, not messages.
 *
 * The connections of one event loop share a conn_loop: buffers, a timer, a hook.
 */
#ifndef COMMON_NET_CONN_H
#define COMMON_NET_CONN_H

#include <uv.h>

#include "common/base/base.h"
#include "common/base/ring.h"
#include "common/net/address.h"
#include "common/net/conn_fault.h"
#include "common/net/tls.h"
#include "common/wire/limits.h"
#include "common/wire/msg.h"

enum {
    CONN_SOFT_BYTES = LIMIT_SOFT_BYTES,
    CONN_HARD_BYTES = LIMIT_HARD_BYTES,
    CONN_SECURE_MS = 4000, /* timeout of a dialled handshake */
    /* Timeout of an accepted handshake, and then again of its first whole frame.  Later
     * timeouts are the caller's. */
    CONN_FIRST_MS = LIMIT_FIRST_MS,
    CONN_HANDSHAKES = LIMIT_HANDSHAKES, /* at once through one acceptor; more queue */
    CONN_HANDSHAKES_ORIGIN = LIMIT_HANDSHAKES_ORIGIN, /* of those, from one origin */
    CONN_TURN_MS = LIMIT_HANDSHAKE_MS, /* timeout of a handshake while others queue */
    CONN_FLUSH_MS = 1000, /* conn_close(): timeout for the last bytes to leave */
    /* Then the timeout for the peer to close: a reset could destroy bytes that it has
     * not read yet. */
    CONN_LINGER_MS = 250,
};

struct conn;

/*
 * What the connections of one event loop share.  It keeps the loop running only while
 * there are connections.  After conn_loop_free() no connection may be made.  Its memory
 * goes after the last connection has ended; until then the event loop has to run.
 */
struct conn_loop;
struct conn_loop *conn_loop_new(uv_loop_t *uv);
void conn_loop_free(struct conn_loop *l);

/* What a connection speaks: frames, unless its first byte says otherwise. */
enum conn_protocol { CONN_FRAMES, CONN_TEXT, CONN_HTTP, CONN_UNKNOWN };

/*
 * The rules for accepted connections.  The first byte tells the protocol: 0x16 TLS,
 * 0x00 frames, a lower-case letter text, an upper-case letter HTTP.  Within TLS, the
 * first byte of plaintext does the same.  The acceptor must outlive its connections.
 */
struct conn_acceptor {
    struct conn_loop *loop;
    SSL_CTX *tls;          /* of tls_server(); NULL: no TLS */
    bool plaintext;        /* takes plaintext frames from loopback addresses */
    bool streams;          /* takes text and HTTP; false after conn_acceptor_init() */
    int64_t frames, bytes; /* limits per second of a welcomed peer; 0: none */

    /* Private to common/net. */
    unsigned handshakes;            /* under way */
    uint64_t from[CONN_HANDSHAKES]; /* the origin of each */
    struct ring queue;              /* connections that wait for their handshake */
};

void conn_acceptor_init(struct conn_acceptor *a, struct conn_loop *loop, SSL_CTX *tls,
                        bool plaintext);

struct conn_events {
    /* The peer speaks frames: from now on messages go both ways. */
    void (*on_open)(struct conn *c, void *ctx);
    /* A message that passed the checks of wire.h; valid until the callback returns.
     * The callback may close the connection. */
    void (*on_message)(struct conn *c, const struct msg *m, void *ctx);
    /*
     * The peer broke the protocol: bytes that are not a frame or a message, plaintext
     * where only TLS is taken, or a failed handshake.  `fault` says which; `why` is a
     * phrase about the peer, for people ("is not a picoord (it answered
     * \"SSH-2.0-Open...\")").  The caller may conn_send() a Refusal, which has no
     * effect if the peer could not read it.  After the callback the connection closes
     * itself.
     */
    void (*on_bad)(struct conn *c, enum conn_fault fault, const char *why, void *ctx);
    /* status: 0 or UV_EOF after an orderly close, else a negative errno; why: a phrase,
     * valid until the callback returns. */
    void (*on_closed)(struct conn *c, int status, const char *why, void *ctx);

    /* For streams only; may be NULL if the acceptor takes none. */

    /* Instead of on_open: from now on bytes go both ways.  The first deadline is
     * CONN_FIRST_MS from now; conn_deadline() sets another. */
    void (*on_protocol)(struct conn *c, enum conn_protocol protocol, void *ctx);
    /* n > 0 bytes, valid until the callback returns.  n = 0, once: the peer has sent
     * its last byte, but may still read. */
    void (*on_bytes)(struct conn *c, const void *bytes, size_t n, void *ctx);
    /* The kernel has taken all queued bytes. */
    void (*on_drained)(struct conn *c, void *ctx);
    /* The deadline has passed.  True: the caller has set another; false, or a callback
     * of NULL: the connection closes at once. */
    bool (*on_late)(struct conn *c, void *ctx);
};

/* Accepts one connection from the listener, which must be on the same event loop.
 * Returns 0 and sets *ret, or a negative errno. */
MUST_USE int conn_accept(uv_stream_t *listener, struct conn_acceptor *acceptor,
                         const struct conn_events *events, void *ctx,
                         struct conn **ret);

/*
 * Looks the name up and tries its addresses in turn, within timeout_ms; then calls
 * on_open or on_closed.  The phrase of on_closed is precise: "name not found",
 * "connection refused: host is up, nothing listens", "timed out after 5 s: firewall?".
 * pin: PIN_BYTES, the peer's key must match it; NULL: plaintext frames, and only
 * loopback addresses are tried.  host and port are strings ("localhost", "31415"); they
 * and the pin are copied.  Returns 0 and sets *ret, or a negative errno.
 */
MUST_USE int conn_dial(struct conn_loop *loop, const char *host, const char *port,
                       const uint8_t *pin, int64_t timeout_ms,
                       const struct conn_events *events, void *ctx, struct conn **ret);

/* Queues a message, which leaves at the end of this loop iteration.  No effect before
 * on_open (except for the Refusal of plaintext frames), on a closing connection, and on
 * one that does not speak frames. */
void conn_send(struct conn *c, const struct msg *m);

/* Queues bytes of a stream; they are copied and leave at the end of this loop
 * iteration. The caller has to respect conn_queued_bytes(): above CONN_HARD_BYTES the
 * peer is dropped. */
void conn_write(struct conn *c, const void *bytes, size_t n);

/* Sets the deadline of a stream: it closes ms milliseconds from now; -1: never.  Each
 * call replaces the deadline before. */
void conn_deadline(struct conn *c, int64_t ms);

/* Backpressure of a stream: while it is held, its peer is not read from, and on_bytes
 * is not called any more once the bytes that were read already have been handed over.
 */
void conn_hold(struct conn *c, bool hold);

/* What a peer still sends after conn_close() is read away for so long, and so much,
 * instead of for CONN_LINGER_MS: for one whose request has more to come than was worth
 * reading before the answer. */
void conn_linger(struct conn *c, int64_t ms, uint64_t bytes);

/* Bytes that the kernel has not taken yet. */
size_t conn_queued_bytes(const struct conn *c);

/* Whether it is without TLS. */
bool conn_in_the_clear(const struct conn *c);

/* Whether it was accepted from a loopback address. */
bool conn_is_local(const struct conn *c);

/* Lifts the limits of a new peer: frames of at most FRAME_HELLO_MAX bytes, the first of
 * them whole within CONN_FIRST_MS.  From now on the acceptor's limits per second hold.
 */
void conn_welcomed(struct conn *c);

/* Sends what is queued, then closes.  on_message and on_bytes are not called any more.
 * Idempotent. */
void conn_close(struct conn *c);

/* Closes at once; queued bytes are lost.  Idempotent, also after conn_close(). */
void conn_abort(struct conn *c);

/* The origin of an accepted connection, as address_origin(); 0: a loopback address. */
uint64_t conn_origin(const struct conn *c);

/* The peer's address for display; valid as long as c. */
const char *conn_address(const struct conn *c);

/* The address of this machine to which it came; "" if that is not known any more. */
void conn_own_address(const struct conn *c, char ret[ADDRESS_BYTES]);

#endif
