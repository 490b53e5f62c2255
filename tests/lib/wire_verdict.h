// SPDX-License-Identifier: MIT
/*
 * What the wire says to a message that is built from the generated code, since the
 * encoder would not write a bad one.  Header only; include cmocka first.
 */
#ifndef TESTS_LIB_WIRE_VERDICT_H
#define TESTS_LIB_WIRE_VERDICT_H

#include <stdio.h>

#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

/* The sentence for these bytes; NULL where they are taken. */
static const char *verdict(const uint8_t *body, size_t n)
{
    static char sentence[TEXT_BYTES + 1];
    struct arena a;
    arena_init(&a, WIRE_BUDGET_BYTES);
    struct msg m;
    const char *why = NULL;
    int r = wire_decode(body, n, &a, &m, &why);
    assert_true(r == 0 || r == -EBADMSG);
    assert_true(a.used_bytes <= WIRE_BUDGET_BYTES);
    if (why)
        snprintf(sentence, sizeof(sentence), "%s", why);
    arena_release(&a);
    return r < 0 ? sentence : NULL;
}

static const char *verdict_of(Pb__Frame__BodyCase body, ProtobufCMessage *m)
{
    static uint8_t bytes[1 << 18];
    Pb__Frame f = PB__FRAME__INIT;
    f.body_case = body;
    f.hello = (Pb__Hello *)m;
    assert_true(pb__frame__get_packed_size(&f) <= sizeof(bytes));
    return verdict(bytes, pb__frame__pack(&f, bytes));
}

/*
 * `change` is made to *p, a copy of the good message of that kind, and then the
 * verdict must be `why`; NULL: it is still taken.
 */
#define EXPECT_BY(Kind, verdict_by, body, good, change, why)                           \
    do {                                                                               \
        Pb__##Kind copy_ = good;                                                       \
        Pb__##Kind *p = &copy_;                                                        \
        (void)(change);                                                                \
        const char *said_ = verdict_by(body, &p->base);                                \
        const char *expected_ = why;                                                   \
        assert_string_equal(said_ ? said_ : "taken", expected_ ? expected_ : "taken"); \
    } while (0)

#define EXPECT(Kind, BODY, good, change, why)                                          \
    EXPECT_BY(Kind, verdict_of, PB__FRAME__BODY_##BODY, good, change, why)

#endif
