// SPDX-License-Identifier: MIT
/*
 * Splits a byte stream into frame bodies.  Pure.  The reader owns one buffer, which
 * starts small, grows to the largest frame seen, doubles when a read fills it, stays
 * within the limit, and is reused.  A body returned by frame_next() is valid until the
 * next call of frame_reader_room(), _filled() or _release().
 */
#ifndef COMMON_WIRE_FRAME_H
#define COMMON_WIRE_FRAME_H

#include "common/base/base.h"

struct frame_reader {
    uint8_t *bytes;
    size_t capacity, start, end;
    size_t body_max; /* longest accepted body; may be raised after Welcome */
};

enum frame_status {
    FRAME_NONE,  /* more bytes are needed */
    FRAME_READY, /* a body is returned */
    FRAME_BAD, /* empty or too long: the connection must be closed. Returned as soon as
                  the first bytes show it, so also for bytes that are no frame */
};

void frame_reader_init(struct frame_reader *r, size_t body_max);
void frame_reader_release(struct frame_reader *r);

/*
 * Where to read the next bytes to: at least one byte, *ret_room of them.  Then call
 * frame_reader_filled() with the number read.  Call it only after frame_next() has
 * returned FRAME_NONE or FRAME_BAD; after FRAME_BAD the buffered bytes are discarded.
 */
void *frame_reader_room(struct frame_reader *r, size_t *ret_room);
void frame_reader_filled(struct frame_reader *r, size_t bytes);

/* The next whole body, or why there is none. */
MUST_USE enum frame_status frame_next(struct frame_reader *r, const uint8_t **ret_body,
                                      size_t *ret_bytes);

#endif
