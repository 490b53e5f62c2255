// SPDX-License-Identifier: MIT
/*
 * The result of wire_decode() for messages built with the generated code, because
 * wire_encode() writes no invalid message.
 */
#ifndef TESTS_LIB_WIRE_VERDICT_H
#define TESTS_LIB_WIRE_VERDICT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/picoord.pb-c.h"

/* The error sentence for these bytes, static; NULL: they are valid. */
const char *verdict(const uint8_t *body, size_t n);

/* The same for a frame with that body. */
const char *verdict_of(Pb__Frame__BodyCase body, ProtobufCMessage *m);

/*
 * Applies `change` to *p, a copy of the valid message of that type; then the result
 * must be `why`; NULL: still valid.
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
