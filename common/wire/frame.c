// SPDX-License-Identifier: MIT
/*
 * The unread bytes are [start, end) of the buffer.  The buffer starts small, since most
 * connections are idle, and doubles when a read fills it, so that a busy connection
 * gets many frames in one read.
 */
#include "common/wire/frame.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { HEADER_BYTES = 4, FIRST_BYTES = 512 };

void frame_reader_init(struct frame_reader *r, size_t body_max)
{
    assert(body_max > 0 && body_max <= UINT32_MAX);
    *r = (struct frame_reader){.body_max = body_max};
}

void frame_reader_release(struct frame_reader *r)
{
    free(r->bytes);
    *r = (struct frame_reader){.body_max = r->body_max};
}

static void buffer_resize(struct frame_reader *r, size_t capacity)
{
    r->bytes = mem_resize(r->bytes, capacity, 1);
    r->capacity = capacity;
}

/* The length in the header of the frame at `start`.  Bytes that have not arrived count
 * as zero: while *ret_whole is false, the result is a lower bound. */
static size_t frame_length(const struct frame_reader *r, bool *ret_whole)
{
    size_t n = r->end - r->start;
    size_t length = 0;
    for (size_t i = 0; i < HEADER_BYTES; i++)
        length = length << 8 | (i < n ? r->bytes[r->start + i] : 0);
    *ret_whole = n >= HEADER_BYTES;
    return length;
}

/* Whether no valid frame begins like this. */
static bool length_bad(const struct frame_reader *r, size_t length, bool whole)
{
    return length > r->body_max || (whole && length == 0);
}

void *frame_reader_room(struct frame_reader *r, size_t *ret_room)
{
    bool whole;
    size_t length = frame_length(r, &whole);
    bool bad = length_bad(r, length, whole);
    if (bad || r->start == r->end)
        r->start = r->end = 0;
    size_t frame = HEADER_BYTES + (whole && !bad ? length : 0);
    /* amortized: no byte is moved twice */
    if (r->start > 0 &&
        (r->start > r->capacity / 2 || r->start + frame > r->capacity)) {
        memmove(r->bytes, r->bytes + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    if (frame > r->capacity)
        buffer_resize(r, frame > FIRST_BYTES ? frame : FIRST_BYTES);
    assert(r->end < r->capacity);
    *ret_room = r->capacity - r->end;
    return r->bytes + r->end;
}

void frame_reader_filled(struct frame_reader *r, size_t bytes)
{
    assert(bytes <= r->capacity - r->end);
    r->end += bytes;
    size_t most = HEADER_BYTES + r->body_max;
    if (r->end == r->capacity && r->capacity < most)
        buffer_resize(r, 2 * r->capacity < most ? 2 * r->capacity : most);
}

enum frame_status frame_next(struct frame_reader *r, const uint8_t **ret_body,
                             size_t *ret_bytes)
{
    bool whole;
    size_t length = frame_length(r, &whole);
    if (length_bad(r, length, whole))
        return FRAME_BAD;
    if (!whole || r->end - r->start < HEADER_BYTES + length)
        return FRAME_NONE;
    *ret_body = r->bytes + r->start + HEADER_BYTES;
    *ret_bytes = length;
    r->start += HEADER_BYTES + length;
    return FRAME_READY;
}
