// SPDX-License-Identifier: MIT
/*
 * Recorded frames of a protocol (tests/frames): reads the lines, and compares a frame's
 * meaning with the recorded one.  Fails the test if it cannot parse a line or a frame.
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
    char name[64], text[LINE_BYTES]; /* text: as in msg_text.h */
    uint8_t frame[FRAME_BYTES];
    size_t n; /* 0: not a frame but an event, named in text */
};

/* path is relative to the project's root; the caller closes it. */
FILE *open_frames(const char *path);

/* False: the end of the file. */
bool next_line(FILE *in, struct recorded *ret);

/* Decodes the frame; the message borrows from the arena. */
void decode(const struct recorded *line, struct arena *arena, struct msg *ret);

/* Whether the lines of `less` are all in `more`, in the same order. */
bool says_all(const char *more, const char *less);

/* The lines of the text must all be in the message's text, in the same order. */
void expect_meaning(const char *name, const struct msg *m, const char *text);

#endif
