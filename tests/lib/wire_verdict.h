// SPDX-License-Identifier: MIT
/*
 * What the wire says to a message that is built from the generated code, since the
 * encoder would not write a bad one.
 */
#ifndef TESTS_LIB_WIRE_VERDICT_H
#define TESTS_LIB_WIRE_VERDICT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/picoord.pb-c.h"

/* The sentence for these bytes, static; NULL where they are taken. */
const char *verdict(const uint8_t *body, size_t n);

/* For a frame with that body. */
const char *verdict_of(Pb__Frame__BodyCase body, ProtobufCMessage *m);

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
