// SPDX-License-Identifier: MIT
/*
 * A connection as the files of common/net see it and nobody else does, and what each of
 * them has for those above it, the lowest first.  Not pure.
 *
 * A connection has one handle, its socket, which is open from its first moment to its
 * last: memory goes in that handle's close callback and nowhere else.
 */
#ifndef COMMON_NET_CONN_IMPL_H
#define COMMON_NET_CONN_IMPL_H

#include "common/net/conn.h"
#include "common/net/conn_loop.h"
#include "common/wire/frame.h"
#include "common/wire/wire.h"

enum {
    TLS_RECORD = 0x16, /* first byte of a handshake, */
    TLS_ALERT = 0x15,  /* and of a complaint about one */
};

enum conn_state {
    CONN_DIALLING,
    CONN_GREETING, /* until it is known to speak frames, as it has to */
    CONN_OPEN,
    CONN_FLUSHING,  /* conn_close(): the last bytes have yet to leave */
    CONN_LINGERING, /* they have; waits for the peer to close as well */
    CONN_CLOSING,   /* uv_close() has been called */
};

/* Of conn_dial.c, for one that is CONN_DIALLING: its deadline; and to forget it. */
struct conn_dialling {
    void (*on_deadline)(struct conn *c);
    void (*release)(struct conn *c);
};

struct conn {
    uv_tcp_t tcp;
    struct conn_loop *loop;
    const struct conn_events *events; /* NULL: nobody has the pointer */
    void *ctx;
    enum conn_state state;
    enum conn_protocol protocol;
    bool paused;  /* not read from, until it has read */
    bool metered; /* paused, because it has sent more than it may; until its deadline */
    bool welcomed;        /* may send frames of full length */
    bool first_byte_seen; /* its first byte has been looked at */
    bool handshaking;     /* one of its acceptor's handshakes */
    bool tls_ready;       /* the handshake is done */
    bool close_sent;      /* the last record has been made */
    bool peer_done;       /* the end of its stream has been read */
    bool ended;           /* status and why are set */
    int status;
    const char *why;
    char *why_owned; /* NULL, or what why points at */
    struct frame_reader reader;
    struct buffer cipher_in;  /* TLS: ciphertext that came before it was paused */
    struct buffer out;        /* frames of this turn */
    struct buffer cipher_out; /* TLS: ciphertext to be written */
    struct buffer writing;    /* bytes that uv_write has */
    size_t writing_bytes;     /* as many of them */
    struct ring turn_end;
    struct heap_item deadline;
    struct conn_acceptor *acceptor; /* NULL: dialled */
    bool local;                     /* accepted, from an address of this machine */
    int64_t greeted_by_ms;          /* accepted: the handshake has to be over then */
    uint64_t origin;
    int64_t frames_left, bytes_left, metered_ms; /* what it may send, as of then */
    struct ring queued;                          /* for its handshake */
    struct tls *tls;                             /* NULL: in the clear, or not begun */
    uint8_t *pin;               /* dialled, for TLS: PIN_BYTES; else NULL */
    struct conn_dialling *dial; /* NULL unless CONN_DIALLING */
    char address[ADDRESS_BYTES];
};

/* It carries bytes, not messages. */
static inline bool conn_is_stream(const struct conn *c)
{
    return c->protocol == CONN_TEXT || c->protocol == CONN_HTTP;
}

/* ---- conn_turns.c: whose handshake goes on ---- */

/* Whether the handshake of one that was accepted may begin; if not it waits, and
 * conn_loop's on_turn_end() comes when it may. */
bool turns_begin(struct conn *c);

/* At its deadline: whether a handshake has time left, and keeps nobody waiting. */
bool turns_go_on(struct conn *c);

/* It is no handshake any more: one of those that wait has its turn. */
void turns_leave(struct conn *c);

/* ---- conn_end.c: how it ends, and its memory goes ---- */

/* How it ended, if that is not known yet.  why is static; NULL: the errno's text. */
void conn_set_end(struct conn *c, int status, const char *why);
__attribute__((format(printf, 3, 4))) void conn_set_end_text(struct conn *c, int status,
                                                             const char *format, ...);

/* Sets the end and closes the socket at once. */
void conn_end(struct conn *c, int status, const char *why);

/* The socket's close callback of one that has ended: tells the caller, frees it. */
void conn_on_end(uv_handle_t *h);

/* ---- conn_write.c: what it sends, and orderly closing ---- */

/* Writes what is queued, as far as the socket takes it now. */
void conn_flush(struct conn *c);

/* A peer that is not as it has to be; `why` is a phrase and may be in an arena. */
void conn_bad(struct conn *c, enum conn_fault fault, const char *why);

/* ---- conn_frames.c: plaintext that has come ---- */

/* Both ends have proved who they are, so far as they have to. */
void conn_begin_frames(struct conn *c);

/* The first bytes of one that speaks neither frames nor a stream: says what they are.
 */
void conn_bad_protocol(struct conn *c, const char *bytes, size_t n);

/* The peer has closed, or the connection broke. */
void conn_hangup(struct conn *c, int status);

/* Where plaintext may be read into; and the buffer back if nothing is in it. */
void *conn_room(struct conn *c, size_t *ret_room);
void conn_room_back(struct conn *c);

/* Takes n bytes of plaintext that are in its room; the first of all decides what the
 * peer speaks. */
void conn_read_plain(struct conn *c, size_t n);

/* The frames that are in its room, until it is paused. */
void conn_parse(struct conn *c);

/* ---- conn_tls.c: handshakes and records ---- */

/* A dialled connection that is there begins its handshake. */
void conn_tls_dialled(struct conn *c);

/* The first bytes of an accepted one are TLS: begins, or waits for its turn. */
void conn_tls_accepted(struct conn *c, const uint8_t *bytes, size_t n);

/* Ciphertext that has come; it is opened as long as the connection is read. */
void conn_tls_take(struct conn *c, const uint8_t *bytes, size_t n);

/* Goes on with what waited while it was paused. */
void conn_tls_resume(struct conn *c);

/* ---- conn_read.c: reading from the socket ---- */

void conn_read_on(struct conn *c);

/* If half of the limit has left: first what had been read already, then more. */
void conn_resume(struct conn *c);

/* ---- conn.c: the beginning ---- */

struct conn *conn_new(struct conn_loop *loop, const struct conn_events *events,
                      void *ctx);
void conn_init_tcp(struct conn *c);

/* The connection is there: from now on it is read. */
void conn_there(struct conn *c);

#endif
