// SPDX-License-Identifier: MIT
/*
 * What the connections of one loop share: the hook at the end of a turn, one timer for
 * all their deadlines, arenas, and spare buffers, so that an idle connection holds no
 * buffer and a busy one allocates nothing.  It knows nothing of connections.  Not pure;
 * private to common/net.
 */
#ifndef COMMON_NET_CONN_LOOP_H
#define COMMON_NET_CONN_LOOP_H

#include <openssl/ssl.h>
#include <uv.h>

#include "common/base/arena.h"
#include "common/base/heap.h"
#include "common/base/ring.h"
#include "common/wire/wire.h"

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

struct conn_loop {
    void (*on_deadline)(struct heap_item *deadline); /* which is set no longer */
    void (*on_turn_end)(struct ring *turn_end);      /* which is in no ring any more */
    uv_prepare_t prepare; /* the end of a turn: what was queued leaves */
    uv_timer_t timer;     /* of the earliest deadline */
    int64_t timer_ms;     /* when it fires; INT64_MAX: it does not run */
    unsigned open_handles;
    size_t conns;
    bool freed;           /* no connection joins any more */
    struct ring turn_end; /* of connections that have to do something at it */
    struct heap deadlines;
    struct arena decoded, scratch;
    struct buffers reads, writes;
    SSL_CTX *client;                                    /* NULL until one is dialled */
    uint8_t frame[FRAME_HEADER_BYTES + FRAME_BODY_MAX]; /* one that is written */
    uint8_t
        input[FRAME_HEADER_BYTES + FRAME_BODY_MAX]; /* bytes that are no frames yet */
};

struct conn_loop *conn_loop_make(uv_loop_t *uv, void (*on_deadline)(struct heap_item *),
                                 void (*on_turn_end)(struct ring *));

/* One more connection; and one less, which has no deadline and nothing to do. */
void conn_loop_join(struct conn_loop *l);
void conn_loop_leave(struct conn_loop *l);

/* Closes its handles when the last connection has left; frees it when they are closed.
 */
void conn_loop_free(struct conn_loop *l);

/* on_deadline() in so many milliseconds, and in no fewer than one; or not at all. */
void conn_loop_deadline_in(struct conn_loop *l, struct heap_item *deadline, int64_t ms);
void conn_loop_deadline_none(struct conn_loop *l, struct heap_item *deadline);

/* on_turn_end() once at the end of this turn. */
void conn_loop_at_turn_end(struct conn_loop *l, struct ring *turn_end);

/* A spare buffer, or a new one of that capacity; and back. */
struct buffer buffers_take(struct buffers *p, size_t capacity);
void buffers_give(struct buffers *p, struct buffer *b);

/* At its end; a buffer without bytes is taken from the spare ones. */
void buffers_append(struct buffers *p, struct buffer *b, const void *bytes, size_t n);

#endif
