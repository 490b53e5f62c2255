// SPDX-License-Identifier: MIT
/*
 * Bytes in any pieces to whole frame bodies.  Pure.  The reader owns one buffer,
 * which starts small and grows to the largest frame seen, or twofold when a read
 * fills it, never over the limit; it is reused.  A body that frame_next() hands out
 * is valid until the next call of frame_reader_room(), _filled() or _release().
 */
#ifndef COMMON_WIRE_FRAME_H
#define COMMON_WIRE_FRAME_H

#include "common/base/base.h"

struct frame_reader {
    uint8_t *bytes;
    size_t capacity, start, end;
    size_t body_max; /* longest body taken; may be raised after Welcome */
};

enum frame_status {
    FRAME_NONE,  /* more bytes are needed */
    FRAME_READY, /* a body is handed out */
    FRAME_BAD,   /* empty or too long: the connection is beyond repair.  Said as soon
                    as the first bytes show it, so of what is no frame at all, too */
};

void frame_reader_init(struct frame_reader *r, size_t body_max);
void frame_reader_release(struct frame_reader *r);

/*
 * Where the next bytes may be read into: at least one byte, *ret_room of them.
 * frame_reader_filled() then says how many came.  Called only when frame_next() has
 * nothing more to hand out; after FRAME_BAD what is there is thrown away.
 */
void *frame_reader_room(struct frame_reader *r, size_t *ret_room);
void frame_reader_filled(struct frame_reader *r, size_t bytes);

/* The next whole body, or why there is none. */
MUST_USE enum frame_status frame_next(struct frame_reader *r, const uint8_t **ret_body,
                                      size_t *ret_bytes);

#endif
