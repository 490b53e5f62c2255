// SPDX-License-Identifier: MIT
/*
 * A folder of mode 0700 for one test, removed with all that is in it: setup and
 * teardown of cmocka.  Fails the test where a call fails.
 */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <sys/types.h>

extern char scratch_folder[64]; /* its path, from scratch_make() on */

int scratch_make(void **state);
int scratch_remove(void **state);

/* Its path and the name: a static string, the eighth call after this one reuses it. */
const char *scratch(const char *name);

/* The file has this text and this mode; one that was there is overwritten. */
void scratch_write(const char *path, const char *text, mode_t mode);

/* How many names a folder holds; -1: there is none. */
int scratch_count(const char *path);

#endif
