// SPDX-License-Identifier: MIT
/*
 * What the files of common/conn share and nobody else sees: the connection itself, and
 * the hub of what all connections of one loop have in common.  Not pure.
 *
 * A connection has one handle, its socket, which is open from its first moment to its
 * last: memory goes in that handle's close callback and nowhere else.
 */
#ifndef COMMON_CONN_IMPL_H
#define COMMON_CONN_IMPL_H

#include <stdbool.h>

#include <uv.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/conn.h"
#include "common/frame.h"
#include "common/heap.h"
#include "common/wire.h"

enum {
    /* Room for the longest frame, so one that is lent never has to grow. */
    READ_BUFFER_BYTES = FRAME_HEADER_BYTES + FRAME_BODY_MAX,
    WRITE_BUFFER_BYTES = 1024, /* at first; they grow with what is sent */
    SPARE_BUFFERS = 256,       /* kept for use again, of each kind, */
    SPARE_BYTES = 8 << 20,     /* and no more than this */
};

struct buffer {
    uint8_t *bytes;
    size_t capacity, used;
};

/* Buffers that nobody holds at the moment, the one used last on top. */
struct buffers {
    struct buffer items[SPARE_BUFFERS];
    size_t n, bytes;
};

/* A place in a ring; one that points at itself is in none. */
struct link {
    struct link *previous, *next;
};

struct hub {
    uv_prepare_t prepare; /* the end of a turn: what was queued leaves */
    uv_timer_t timer;     /* of the earliest deadline */
    int64_t timer_ms;     /* when it fires; INT64_MAX: it does not run */
    unsigned open_handles;
    size_t conns;
    struct link unsent; /* connections with frames to flush */
    struct heap deadlines;
    struct arena decoded, scratch;
    struct buffers reads, writes;
    uint8_t frame[FRAME_HEADER_BYTES + FRAME_BODY_MAX];
};

enum conn_state {
    CONN_DIALLING,
    CONN_OPEN,
    CONN_FLUSHING,  /* conn_close(): the last bytes have yet to leave */
    CONN_LINGERING, /* they have; waits for the peer to close as well */
    CONN_CLOSING,   /* uv_close() has been called */
};

struct dial;

struct conn {
    uv_tcp_t tcp;
    struct hub *hub;
    const struct conn_events *events; /* NULL: nobody has the pointer */
    void *ctx;
    enum conn_state state;
    bool paused;    /* not read from, until it has read */
    bool welcomed;  /* may send frames of full length */
    bool heard;     /* its first byte has been looked at */
    bool alien;     /* and was no frame's */
    bool peer_done; /* the end of its stream has been read */
    bool ended;     /* status and why are set */
    int status;
    const char *why;
    char *why_owned; /* NULL, or what why points at */
    struct frame_reader reader;
    struct buffer out;    /* frames of this turn */
    struct buffer flying; /* frames that uv_write has */
    size_t flying_bytes;  /* as many of them */
    uv_write_t write;
    struct link unsent;
    struct heap_item deadline;
    int64_t last_read_ms;
    struct dial *dial; /* NULL unless dialling */
    char address[ADDRESS_BYTES];
};

/* conn_hub.c */

/* The loop's hub, made at the first call; each call takes a share in it. */
struct hub *hub_ref(uv_loop_t *loop);
void hub_unref(struct hub *h);

void hub_deadline_in(struct conn *c, int64_t ms);
void hub_deadline_none(struct conn *c);

/* conn_flush() will be called at the end of this turn. */
void hub_flush_later(struct conn *c);

/* Forgets everything about it. */
void hub_leave(struct conn *c);

/* A spare buffer, or a new one of that capacity; and back. */
struct buffer buffers_take(struct buffers *p, size_t capacity);
void buffers_give(struct buffers *p, struct buffer *b);

/* conn.c */

struct conn *conn_new(uv_loop_t *loop, const struct conn_events *events, void *ctx);
void conn_init_tcp(struct conn *c);
void conn_on_tcp_closed(uv_handle_t *h);

/* The connection is there: from now on it is read. */
void conn_opened(struct conn *c);
void conn_flush(struct conn *c);
void conn_on_deadline(struct conn *c);

/* How it ended, if that is not known yet.  why is static; NULL: the errno's text. */
void conn_set_end(struct conn *c, int status, const char *why);
__attribute__((format(printf, 3, 4))) void conn_set_end_text(struct conn *c, int status,
                                                             const char *format, ...);

/* Sets the end and closes the socket at once. */
void conn_end(struct conn *c, int status, const char *why);

/* conn_dial.c: what becomes of one that is CONN_DIALLING. */
void dial_on_deadline(struct conn *c);
void dial_on_tcp_closed(struct conn *c);
void dial_release(struct conn *c);

#endif
