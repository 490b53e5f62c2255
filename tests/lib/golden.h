// SPDX-License-Identifier: MIT
/*
 * Whole outputs, held against the files of tests/golden: what changes there is to be
 * meant.  `make golden` writes them anew; then read the difference.  So that a value in
 * another's place shows, each value in them is one of its own.
 */
#ifndef TESTS_LIB_GOLDEN_H
#define TESTS_LIB_GOLDEN_H

#include <stdio.h>

/* The text must be what tests/golden/NAME holds. */
void golden(const char *name, const char *text);

/* What is written to the stream must be; it is closed. */
FILE *golden_begin(void);
void golden_end(const char *name);

/* What follows each `after` up to one of the characters of `until`, and differs from
 * run to run, becomes one *.  Returns the text. */
char *golden_mask(char *text, const char *after, const char *until);

#endif
