// SPDX-License-Identifier: MIT
/*
 * A body to a message: nothing breaks, memory stays within the budget, and what is
 * accepted is written again in a form that is accepted and written the same.
 */
#include <assert.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena, scratch, again;
static uint8_t first[FRAME_HEADER_BYTES + FRAME_BODY_MAX];
static uint8_t second[FRAME_HEADER_BYTES + FRAME_BODY_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msg m;
    const char *why = NULL;
    static bool begun;
    if (!begun) {
        arena_init(&arena, WIRE_BUDGET_BYTES);
        arena_init(&again, WIRE_BUDGET_BYTES);
        arena_init(&scratch, 0);
        begun = true;
    }
    if (size > FRAME_BODY_MAX)
        return 0;
    if (wire_decode(data, size, &arena, &m, &why) < 0) {
        assert(why && *why && strlen(why) <= TEXT_BYTES);
        return 0;
    }
    if (m.type == MSG_HELLO &&
        !protocols_meet(m.hello.protocol_min, m.hello.protocol_max))
        return 0; /* of such a one only a part is read */
    if (m.type == MSG_WELCOME && m.welcome.protocol != PROTOCOL_MAX)
        return 0;
    if (m.type == MSG_REQUEST && m.request.wrong) {
        assert(strlen(m.request.wrong) <= TEXT_BYTES);
        return 0; /* it is answered by that */
    }
    if (m.type == MSG_REFUSAL || m.type == MSG_REPLY)
        return 0; /* unknown codes are read as 0, texts are shown and not kept */
    if (wire_size(&m) > sizeof(first))
        return 0;
    size_t n = wire_encode(&m, &scratch, first, sizeof(first));
    assert(wire_decode(first + FRAME_HEADER_BYTES, n - FRAME_HEADER_BYTES, &again, &m,
                       &why) == 0);
    assert(wire_encode(&m, &scratch, second, sizeof(second)) == n);
    assert(!memcmp(first, second, n));
    return 0;
}
