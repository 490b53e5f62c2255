// SPDX-License-Identifier: MIT
/*
 * What was recorded of a protocol (tests/frames): its lines, and whether a frame still
 * means what it meant.  Fails the test where a line or a frame is not understood.
 */
#ifndef TESTS_LIB_RECORDED_H
#define TESTS_LIB_RECORDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "common/base/arena.h"
#include "common/wire/msg.h"

enum { LINE_BYTES = 8192, FRAME_BYTES = 2048 };

struct recorded {
    char name[64], text[LINE_BYTES]; /* text: a field a line, as msg_text.h has it */
    uint8_t frame[FRAME_BYTES];
    size_t n; /* 0: no frame, but something that happens; text says what */
};

/* From the project's root; closed by the caller. */
FILE *open_frames(const char *path);

/* False: there is no more. */
bool next_line(FILE *in, struct recorded *ret);

/* The message of the frame; it borrows from the arena. */
void decode(const struct recorded *line, struct arena *arena, struct msg *ret);

/* Whether every line of `less` is in `more`, in that order. */
bool says_all(const char *more, const char *less);

/* Every line of the text is one of the message's, in that order. */
void expect_meaning(const char *name, const struct msg *m, const char *text);

#endif
