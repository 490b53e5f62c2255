// SPDX-License-Identifier: MIT
/*
 * A temporary folder of mode 0700 for one test, removed with its contents: setup and
 * teardown of cmocka.  Fails the test if a call fails.
 */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <sys/types.h>

extern char scratch_folder[64]; /* its path, from scratch_make() on */

int scratch_make(void **state);
int scratch_remove(void **state);

/* The path of that name in the folder: a static string, valid for seven more calls. */
const char *scratch(const char *name);

/* Creates or overwrites a file with this text and mode. */
void scratch_write(const char *path, const char *text, mode_t mode);

/* The number of entries of a folder; -1: it does not exist. */
int scratch_count(const char *path);

#endif
