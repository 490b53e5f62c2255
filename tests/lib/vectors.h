// SPDX-License-Identifier: MIT
/*
 * Known answers in tests/vectors, which the tests of the page read too.
 */
#ifndef TESTS_LIB_VECTORS_H
#define TESTS_LIB_VECTORS_H

#include <stddef.h>

/* Calls check() with the words of each row of tests/vectors/NAME.  Fails the test where
 * there are not `columns` of them, or fewer than `least` rows. */
void vectors_each(const char *name, size_t columns, size_t least,
                  void (*check)(char *const *word));

/* "4_m_12_s" is "4 m 12 s": replaced in place. */
const char *vectors_spaced(char *word);

#endif
