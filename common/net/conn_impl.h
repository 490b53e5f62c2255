// SPDX-License-Identifier: MIT
/*
 * struct conn, private to common/net, and the functions that its files call in each
 * other, lowest layer first.  Not pure.
 *
 * A connection has one handle, its socket, which is open from conn_new() on.  Memory is
 * freed in that handle's close callback and nowhere else.
 */
#ifndef COMMON_NET_CONN_IMPL_H
#define COMMON_NET_CONN_IMPL_H

#include "common/net/conn.h"
#include "common/net/conn_loop.h"
#include "common/wire/frame.h"
#include "common/wire/wire.h"

enum {
    TLS_RECORD = 0x16, /* first byte of a handshake record */
    TLS_ALERT = 0x15,  /* first byte of an alert */
};

enum conn_state {
    CONN_DIALLING,
    CONN_GREETING, /* connected; its protocol is not known yet */
    CONN_OPEN,
    CONN_FLUSHING,  /* conn_close(): waits until the last bytes have left */
    CONN_LINGERING, /* waits for the peer to close as well */
    CONN_CLOSING,   /* uv_close() has been called */
};

/* Callbacks of conn_dial.c, for a connection that is CONN_DIALLING. */
struct conn_dialling {
    void (*on_deadline)(struct conn *c);
    void (*release)(struct conn *c);
};

struct conn {
    uv_tcp_t tcp;
    struct conn_loop *loop;
    const struct conn_events *events; /* NULL: the caller has no pointer yet */
    void *ctx;
    enum conn_state state;
    enum conn_protocol protocol;
    bool paused;          /* not read from (backpressure, or metered) */
    bool metered;         /* above its limit per second: paused until its deadline */
    bool held;            /* paused by the caller */
    bool welcomed;        /* may send frames of full length */
    bool first_byte_seen; /* its first byte has chosen the protocol */
    bool handshaking;     /* counted among its acceptor's handshakes */
    bool tls_ready;       /* the handshake is done */
    bool close_sent;      /* the last TLS record is queued */
    bool peer_done;       /* the peer has closed its side */
    bool ended;           /* status and why are set */
    int status;
    const char *why;
    char *why_owned; /* NULL, or why, allocated */
    struct frame_reader reader;
    struct buffer cipher_in;  /* TLS: ciphertext read but not decrypted yet */
    struct buffer out;        /* plaintext to send: frames of this loop iteration */
    struct buffer cipher_out; /* TLS: ciphertext to write */
    struct buffer writing;    /* the batch that uv_write has */
    size_t writing_bytes;     /* of it, bytes not written yet */
    int64_t linger_ms;        /* waits so long for the peer to close, */
    uint64_t linger_bytes;    /* and reads so much meanwhile; 0: any number */
    struct ring turn_end;
    struct heap_item deadline;
    struct conn_acceptor *acceptor; /* NULL: dialled */
    bool local;                     /* accepted from a loopback address */
    int64_t greeted_by_ms;          /* accepted: when the handshake times out */
    uint64_t origin;
    int64_t frames_left, bytes_left, metered_ms; /* may send, as of metered_ms */
    struct ring queued;                          /* in its acceptor's queue */
    struct tls *tls;                             /* NULL: plaintext, or not begun */
    uint8_t *pin;               /* dialled, for TLS: PIN_BYTES; else NULL */
    struct conn_dialling *dial; /* NULL unless CONN_DIALLING */
    char address[ADDRESS_BYTES];
};

/* Whether it carries bytes, not messages. */
static inline bool conn_is_stream(const struct conn *c)
{
    return c->protocol == CONN_TEXT || c->protocol == CONN_HTTP;
}

/* ---- conn_turns.c: which handshakes may run ---- */

/* Begins the handshake of an accepted connection.  False: it is queued, and begins in
 * conn_loop's on_turn_end() once it may. */
bool turns_begin(struct conn *c);

/* Extends the deadline of a handshake that has time left and that no queued connection
 * waits for; false: it has timed out. */
bool turns_go_on(struct conn *c);

/* Its handshake is over or given up: the next queued connection may begin. */
void turns_leave(struct conn *c);

/* ---- conn_end.c: the end, and freeing the memory ---- */

/* Sets what on_closed will report; only the first call counts.  why is static; NULL:
 * the errno's text. */
void conn_set_end(struct conn *c, int status, const char *why);
__attribute__((format(printf, 3, 4))) void conn_set_end_text(struct conn *c, int status,
                                                             const char *format, ...);

/* conn_set_end(), then closes the socket at once.  Idempotent. */
void conn_end(struct conn *c, int status, const char *why);

/* The socket's close callback: calls on_closed and frees the connection. */
void conn_on_end(uv_handle_t *h);

/* ---- conn_write.c: sending, and orderly closing ---- */

/* Writes what is queued, as much as the socket takes now. */
void conn_flush(struct conn *c);

/* The peer broke the protocol: calls on_bad, then closes.  `why` is copied. */
void conn_bad(struct conn *c, enum conn_fault fault, const char *why);

/* ---- conn_frames.c: received plaintext ---- */

/* Opens the connection for messages and calls on_open. */
void conn_begin_frames(struct conn *c);

/* conn_bad() for a peer that speaks no known protocol: quotes its first bytes. */
void conn_bad_protocol(struct conn *c, const char *bytes, size_t n);

/* The peer has closed (UV_EOF), or the connection broke (a negative errno). */
void conn_hangup(struct conn *c, int status);

/* The space where plaintext may be read into, lent by the loop; conn_room_back()
 * returns the buffer if nothing is in it. */
void *conn_room(struct conn *c, size_t *ret_room);
void conn_room_back(struct conn *c);

/* Handles n bytes of plaintext that were read into that space.  The very first byte
 * chooses the protocol. */
void conn_read_plain(struct conn *c, size_t n);

/* Handles all whole frames that have been read, until the connection is paused. */
void conn_parse(struct conn *c);

/* ---- conn_tls.c: handshakes and records ---- */

/* Begins the handshake of a dialled connection. */
void conn_tls_dialled(struct conn *c);

/* The first bytes of an accepted connection are TLS: begins its handshake or queues. */
void conn_tls_accepted(struct conn *c, const uint8_t *bytes, size_t n);

/* Decrypts ciphertext and handles it; what a pause leaves over is stored. */
void conn_tls_take(struct conn *c, const uint8_t *bytes, size_t n);

/* Goes on with the stored ciphertext. */
void conn_tls_resume(struct conn *c);

/* ---- conn_read.c: reading from the socket ---- */

/* Starts reading; ends the connection if that fails. */
void conn_read_on(struct conn *c);

/* Ends the pause if at most half of CONN_SOFT_BYTES are still queued: handles what had
 * been read already, then reads on. */
void conn_resume(struct conn *c);

/* ---- conn.c: the beginning ---- */

/* A connection in state CONN_DIALLING, freed by conn_on_end(). */
struct conn *conn_new(struct conn_loop *loop, const struct conn_events *events,
                      void *ctx);
void conn_init_tcp(struct conn *c);

/* The socket is connected: greets the peer and starts reading. */
void conn_there(struct conn *c);

#endif
