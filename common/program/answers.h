// SPDX-License-Identifier: MIT
/*
 * What a program answers: bytes in any pieces to lines "FIRST HITS".  Blanks around the
 * numbers and a carriage return at the end are taken, nothing else is.  Pure.
 */
#ifndef COMMON_PROGRAM_ANSWERS_H
#define COMMON_PROGRAM_ANSWERS_H

#include <stdbool.h>

#include "common/base/base.h"

enum {
    ANSWER_BYTES = 80, /* the longest line: two numbers of 20 digits, and some blanks */
    ANSWERS_BYTES = 4096,
};

/* Starts zeroed. */
struct answers {
    char bytes[ANSWERS_BYTES]; /* not taken yet */
    size_t n;
};

enum answer {
    ANSWER_NONE, /* no whole line is there */
    ANSWER_GOOD,
    ANSWER_BAD, /* a line that is no answer, or is too long for one: shown */
};

/* Where the next bytes go; there is always room once answers_next() has returned
 * ANSWER_NONE. */
char *answers_room(struct answers *a, size_t *ret_bytes);
void answers_add(struct answers *a, size_t bytes);

/* Takes the next line.  shown: the line, or its beginning, as printable text; that of
 * ANSWER_NONE is what is there of a line that has not ended. */
MUST_USE enum answer answers_next(struct answers *a, uint64_t *ret_first,
                                  uint64_t *ret_hits, char shown[ANSWER_BYTES]);

#endif
