// SPDX-License-Identifier: MIT
/*
 * What the connections of one event loop share: a hook at the end of each loop
 * iteration (a turn), one timer for all deadlines, arenas, and spare buffers.  So an
 * idle connection holds no buffer, and a busy one allocates nothing.  It does not know
 * struct conn.  Not pure; private to common/net.
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
    /* Fits the longest frame, so a read buffer never has to grow. */
    READ_BUFFER_BYTES = FRAME_HEADER_BYTES + FRAME_BODY_MAX,
    WRITE_BUFFER_BYTES = 1024, /* at first; they grow with what is sent */
    SPARE_BUFFERS = 256,       /* kept for reuse, of each kind, at most */
    SPARE_BYTES = 8 << 20,     /* their total size, at most */
};

struct buffer {
    uint8_t *bytes;
    size_t capacity, used;
};

/* A stack of unused buffers, the one used last on top. */
struct buffers {
    struct buffer items[SPARE_BUFFERS];
    size_t n, bytes;
};

struct conn_loop {
    void (*on_deadline)(struct heap_item *deadline); /* not set any more */
    void (*on_turn_end)(struct ring *turn_end);      /* in no ring any more */
    uv_prepare_t prepare;                            /* the hook at the end of a turn */
    uv_timer_t timer;                                /* for the earliest deadline */
    int64_t timer_ms; /* when it fires; INT64_MAX: not running */
    unsigned open_handles;
    size_t conns;
    bool freed;           /* conn_loop_free() was called */
    struct ring turn_end; /* connections with work to do at the end of this turn */
    struct heap deadlines;
    struct arena decoded, scratch;
    struct buffers reads, writes;
    SSL_CTX *client; /* NULL before the first dial with TLS */
    uint8_t frame[FRAME_HEADER_BYTES + FRAME_BODY_MAX]; /* scratch: the frame to send */
    uint8_t input[FRAME_HEADER_BYTES + FRAME_BODY_MAX]; /* scratch: bytes just read */
};

/* Freed by conn_loop_free(). */
struct conn_loop *conn_loop_make(uv_loop_t *uv, void (*on_deadline)(struct heap_item *),
                                 void (*on_turn_end)(struct ring *));

/* Counts a connection.  One that leaves must have no deadline and not be in turn_end.
 */
void conn_loop_join(struct conn_loop *l);
void conn_loop_leave(struct conn_loop *l);

/* Closes its handles once the last connection has left, then frees its memory. */
void conn_loop_free(struct conn_loop *l);

/* Sets a deadline: on_deadline() ms milliseconds from now, at least 1.  Or removes it.
 */
void conn_loop_deadline_in(struct conn_loop *l, struct heap_item *deadline, int64_t ms);
void conn_loop_deadline_none(struct conn_loop *l, struct heap_item *deadline);

/* Calls on_turn_end() once at the end of this turn. */
void conn_loop_at_turn_end(struct conn_loop *l, struct ring *turn_end);

/* A spare buffer of any capacity, or a new one of that capacity; buffers_give() returns
 * or frees it. */
struct buffer buffers_take(struct buffers *p, size_t capacity);
void buffers_give(struct buffers *p, struct buffer *b);

/* Appends to *b, which grows as needed; an empty *b first gets a spare buffer. */
void buffers_append(struct buffers *p, struct buffer *b, const void *bytes, size_t n);

#endif
