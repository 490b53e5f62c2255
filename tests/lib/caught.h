// SPDX-License-Identifier: MIT
/*
 * What a piece of code writes to standard output or standard error, by any way: the
 * descriptor leads to a file meanwhile.  One at a time for each descriptor.
 */
#ifndef TESTS_LIB_CAUGHT_H
#define TESTS_LIB_CAUGHT_H

/* From now on what goes to this descriptor, 1 or 2, is caught. */
void caught_begin(int fd);

/* Until here.  All of it: a static string, valid until the next call for that
 * descriptor. */
char *caught_end(int fd);

#endif
