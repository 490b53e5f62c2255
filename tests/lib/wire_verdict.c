// SPDX-License-Identifier: MIT
#include "tests/lib/wire_verdict.h"

#include <errno.h>
#include <stdio.h>

#include "common/wire/wire.h"

const char *verdict(const uint8_t *body, size_t n)
{
    static char sentence[TEXT_BYTES + 1];
    struct arena a;
    arena_init(&a, WIRE_BUDGET_BYTES);
    struct msg m;
    const char *why = NULL;
    int r = wire_decode(body, n, &a, &m, &why);
    assert_true(r == 0 || r == -EBADMSG);
    assert_true(a.used_bytes <= WIRE_BUDGET_BYTES);
    if (r == 0 && m.type == MSG_REQUEST && m.request.wrong) {
        why = m.request.wrong; /* its answer, instead of a Refusal */
        r = -EBADMSG;
    }
    if (why)
        snprintf(sentence, sizeof(sentence), "%s", why);
    arena_release(&a);
    return r < 0 ? sentence : NULL;
}

const char *verdict_of(Pb__Frame__BodyCase body, ProtobufCMessage *m)
{
    static uint8_t bytes[1 << 18];
    Pb__Frame f = PB__FRAME__INIT;
    f.body_case = body;
    f.hello = (Pb__Hello *)m;
    assert_true(pb__frame__get_packed_size(&f) <= sizeof(bytes));
    return verdict(bytes, pb__frame__pack(&f, bytes));
}
