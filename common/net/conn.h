// SPDX-License-Identifier: MIT
/*
 * A connection that carries frames, over a libuv loop.  It owns its handles and
 * buffers; the caller holds a pointer from conn_accept() or conn_dial() until
 * on_closed has been called, which happens exactly once, asynchronously, whatever
 * the end was; after on_closed returns the pointer is gone.
 *
 * All frames of one loop turn leave in one write.  A peer that does not read is
 * not read from while more than CONN_SOFT_BYTES wait for it, and is dropped at
 * CONN_HARD_BYTES.  The transport is TLS 1.3 with a pinned key (common/net/tls.h);
 * frames in the clear travel only between loopback addresses, and only where both ends
 * were told so.
 *
 * Through an acceptor that takes them come two more protocols, from people and
 * browsers: text commands and HTTP.  Such a connection carries bytes, not messages,
 * both ways.
 *
 * Connections of one loop share what they can (buffers, a timer, a hook): a conn_loop.
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
    CONN_SECURE_MS = 4000,          /* for the handshake of a dialled connection, */
    CONN_FIRST_MS = LIMIT_FIRST_MS, /* of an accepted one; and then as much for its
                              first whole frame; then the caller's clock rules */
    CONN_HANDSHAKES =
        LIMIT_HANDSHAKES, /* at once through one acceptor; others wait their turn */
    CONN_HANDSHAKES_ORIGIN = LIMIT_HANDSHAKES_ORIGIN, /* of those, from one origin */
    CONN_TURN_MS = LIMIT_HANDSHAKE_MS, /* of one that others have to wait for */
    CONN_FLUSH_MS = 1000, /* conn_close() waits so long for the last bytes to leave, */
    CONN_LINGER_MS = 250, /* then so long for the peer to close: a reset could destroy
                             what it has not read yet */
};

struct conn;

/*
 * What the connections of one loop share.  It keeps the loop running only while there
 * are connections.  After conn_loop_free() no new one is made; it ends with the last of
 * them, and the loop has to run until then before it can be closed.
 */
struct conn_loop;
struct conn_loop *conn_loop_new(uv_loop_t *uv);
void conn_loop_free(struct conn_loop *l);

/* What a connection speaks: frames, unless its first byte says that it is a stream,
 * text or HTTP, or something that nobody knows. */
enum conn_protocol { CONN_FRAMES, CONN_TEXT, CONN_HTTP, CONN_UNKNOWN };

/*
 * What an accepted connection has to pass.  Its first byte tells what it speaks: 0x16
 * TLS, 0x00 frames, a lower-case letter text, an upper-case letter HTTP; in TLS the
 * same once more.  The acceptor outlives its connections.
 */
struct conn_acceptor {
    struct conn_loop *loop;
    SSL_CTX *tls;          /* of tls_server(); NULL: there is none */
    bool plaintext;        /* frames in the clear are taken, from this machine */
    bool streams;          /* text and HTTP are taken; false at first */
    int64_t frames, bytes; /* a second, of one that is welcome; 0: any number */
    unsigned handshakes;   /* the rest is conn's own: under way, */
    uint64_t from[CONN_HANDSHAKES]; /* the origin of each, */
    struct ring queue;              /* and those that wait */
};

void conn_acceptor_init(struct conn_acceptor *a, struct conn_loop *loop, SSL_CTX *tls,
                        bool plaintext);

struct conn_events {
    /* It speaks frames, as the two ends have to: from now on messages go both ways. */
    void (*on_open)(struct conn *c, void *ctx);
    /* A message, checked; it lives until the callback returns.  Closing within is fine.
     */
    void (*on_message)(struct conn *c, const struct msg *m, void *ctx);
    /*
     * Bytes that are no frame or no message, or that come in the clear where they must
     * not; and before on_open, a TLS that is not as it has to be.  `fault` tells which;
     * `why` is a phrase about the peer, for people ("is not a picoord (it answered
     * \"SSH-2.0-Open...\")").  The caller may conn_send() a Refusal where the peer can
     * read it; the connection closes itself after the callback.
     */
    void (*on_bad)(struct conn *c, enum conn_fault fault, const char *why, void *ctx);
    /* status: 0 or UV_EOF after an orderly end, else a negative errno; why: a phrase.
     */
    void (*on_closed)(struct conn *c, int status, const char *why, void *ctx);

    /* The rest only where the acceptor takes streams. */

    /* Instead of on_open: from now on bytes go both ways.  Unless conn_deadline() says
     * otherwise it has CONN_FIRST_MS from here. */
    void (*on_protocol)(struct conn *c, enum conn_protocol protocol, void *ctx);
    /* n > 0 bytes, for the call; or 0 once: the peer sends no more, and may read on. */
    void (*on_bytes)(struct conn *c, const void *bytes, size_t n, void *ctx);
    /* All that was written has left for the peer. */
    void (*on_drained)(struct conn *c, void *ctx);
};

/* Takes one connection from the listener, which is of the same loop; 0 and *ret, or a
 * negative errno. */
MUST_USE int conn_accept(uv_stream_t *listener, struct conn_acceptor *acceptor,
                         const struct conn_events *events, void *ctx,
                         struct conn **ret);

/*
 * Looks the name up, tries its addresses in turn within timeout_ms, then on_open or
 * on_closed, whose phrase is then one of "name not found", "connection refused: host is
 * up, nothing listens", "timed out after 5 s: firewall?" or as precise.  The peer's
 * key must be the one that `pin` names; NULL: frames in the clear, and an address that
 * is not of this machine is not tried.  host and port are strings ("localhost",
 * "31415"); they and the pin are copied.
 */
MUST_USE int conn_dial(struct conn_loop *loop, const char *host, const char *port,
                       const uint8_t *pin, int64_t timeout_ms,
                       const struct conn_events *events, void *ctx, struct conn **ret);

/* Queues a message; it leaves at the end of this loop turn.  No-op before on_open (but
 * for the Refusal of frames in the clear), once closing, and to a peer that would not
 * know it for a frame. */
void conn_send(struct conn *c, const struct msg *m);

/* Bytes of a stream; they leave at the end of this loop turn.  The writer has to look
 * at conn_queued_bytes(): at CONN_HARD_BYTES the peer is dropped. */
void conn_write(struct conn *c, const void *bytes, size_t n);

/* Of a stream: closed after so many milliseconds, unless called again; -1: never. */
void conn_deadline(struct conn *c, int64_t ms);

size_t conn_queued_bytes(const struct conn *c);

/* It is not in TLS. */
bool conn_in_the_clear(const struct conn *c);

/* Accepted from an address of this machine. */
bool conn_is_local(const struct conn *c);

/* Until it is called a peer may send FRAME_HELLO_MAX bytes a frame and must finish
 * its first within CONN_FIRST_MS. */
void conn_welcomed(struct conn *c);

/* Sends what is queued, then closes.  No message arrives any more.  Idempotent. */
void conn_close(struct conn *c);

/* Closes at once; what is queued is lost.  Idempotent, also after conn_close(). */
void conn_abort(struct conn *c);

/* Where an accepted one comes from: a number for each IPv4 address and each /64 of
 * IPv6; 0: this machine. */
uint64_t conn_origin(const struct conn *c);

/* The peer's address for display; valid while the connection is. */
const char *conn_address(const struct conn *c);

#endif
