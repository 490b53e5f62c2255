// SPDX-License-Identifier: MIT
/*
 * Bytes to frames: the same bodies come out whatever pieces the bytes come in.  The
 * first byte says how large the pieces are.
 */
#include <assert.h>
#include <string.h>

#include "common/wire/frame.h"
#include "common/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A hash of all bodies, and of how it ended. */
static uint64_t read_all(const uint8_t *bytes, size_t n, size_t piece)
{
    struct frame_reader r;
    uint64_t hash = 1;
    size_t at = 0;
    frame_reader_init(&r, FRAME_HELLO_MAX);
    for (;;) {
        const uint8_t *body;
        size_t length, room;
        enum frame_status status = frame_next(&r, &body, &length);
        if (status == FRAME_BAD) {
            hash = hash * 31 + 7;
            break;
        }
        if (status == FRAME_READY) {
            assert(length > 0 && length <= FRAME_HELLO_MAX);
            for (size_t i = 0; i < length; i++)
                hash = hash * 1099511628211u + body[i] + 1;
            continue;
        }
        if (at == n)
            break;
        void *to = frame_reader_room(&r, &room);
        size_t take = n - at < piece ? n - at : piece;
        take = take < room ? take : room;
        memcpy(to, bytes + at, take);
        frame_reader_filled(&r, take);
        at += take;
    }
    frame_reader_release(&r);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint64_t whole = read_all(data + 1, size - 1, SIZE_MAX);
    assert(read_all(data + 1, size - 1, 1 + data[0] % 64) == whole);
    return 0;
}
