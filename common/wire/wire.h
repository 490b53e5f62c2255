// SPDX-License-Identifier: MIT
/*
 * Converts messages to frames and back; besides common/wire/json*.c the only user of
 * the generated protobuf code.  A frame is four bytes of big-endian length, 1 to
 * 65,535, and one protobuf `Frame` of that length (docs/PROTOCOL.md).
 *
 * All values from the network are checked here, once: lengths of parallel arrays,
 * ranges, names, printable text.  No function keeps state.
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
    FRAME_HELLO_MAX = 1024, /* until Welcome, so that unknown clients cost little */
    WIRE_BUDGET_BYTES = LIMIT_DECODE_BYTES, /* maximum memory to decode one frame */
};

/* Number of bytes that wire_encode() writes for m, header included. */
size_t wire_size(const struct msg *m);

/*
 * Encodes m into out, which has at least wire_size(m) bytes, and returns the length.
 * The caller must keep the limits of common/wire/msg.h: a message that does not fit a
 * frame is a bug, and asserts.  `scratch` is reset.
 */
size_t wire_encode(const struct msg *m, struct arena *scratch, uint8_t *out,
                   size_t capacity);

/*
 * Decodes one frame body, without its header.  0, and *ret borrows from `arena`, which
 * is reset first (create it with the limit WIRE_BUDGET_BYTES); or -EBADMSG, and
 * *ret_why is a sentence for the peer ("results: 3 leases but 2 hits").
 */
MUST_USE int wire_decode(const uint8_t *body, size_t bytes, struct arena *arena,
                         struct msg *ret, const char **ret_why);

#endif
