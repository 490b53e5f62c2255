// SPDX-License-Identifier: MIT
/*
 * Messages to frames and back: the only user of the generated protobuf code,
 * besides common/json.  A frame is four bytes of big-endian length, 1 to 65,535,
 * and one protobuf `Frame` of that length (docs/PROTOCOL.md).
 *
 * Everything that comes off the wire is checked here, once: lengths of arrays
 * that belong together, ranges, names, printable text.  Nothing here keeps state.
 */
#ifndef COMMON_WIRE_WIRE_H
#define COMMON_WIRE_WIRE_H

#include "common/base/arena.h"
#include "common/base/base.h"
#include "common/wire/limits.h"
#include "common/wire/msg.h"
#include "common/wire/names.h"

enum {
    FRAME_HEADER_BYTES = 4,
    FRAME_BODY_MAX = 65535,
    FRAME_HELLO_MAX = 1024, /* until Welcome, so that strangers cost little */
    WIRE_BUDGET_BYTES = LIMIT_DECODE_BYTES, /* what decoding one frame may allocate */
};

/* Bytes that wire_encode() will write for m, header included. */
size_t wire_size(const struct msg *m);

/*
 * Writes the frame of m into out (capacity bytes, at least wire_size(m)) and
 * returns its length.  The caller keeps to the limits of common/wire/msg.h; a message
 * that does not fit a frame is a bug and asserts.  `scratch` is reset.
 */
size_t wire_encode(const struct msg *m, struct arena *scratch, uint8_t *out,
                   size_t capacity);

/*
 * Decodes one frame body (without its header).  0, with *ret borrowing from
 * `arena` (reset first; create it with a limit of WIRE_BUDGET_BYTES); or -EBADMSG,
 * and *ret_why is a sentence for the peer that says what is wrong ("results: 3
 * leases but 2 hits").
 */
MUST_USE int wire_decode(const uint8_t *body, size_t bytes, struct arena *arena,
                         struct msg *ret, const char **ret_why);

#endif
