// SPDX-License-Identifier: MIT
/*
 * What is wrong, and what to do about it: two sentences for people, kept until somebody
 * prints them.  For parts that fail in more ways than an errno tells apart and have no
 * business with stderr themselves.  Owns no memory.  Pure.
 */
#ifndef COMMON_BASE_ERROR_H
#define COMMON_BASE_ERROR_H

#include "common/base/base.h"

struct error {
    char what[600]; /* printable, without the program's name and a full stop */
    char hint[320]; /* may be empty */
};

/* Fills both and returns err, so that a failure is one statement.  hint may be NULL,
 * but not point into ret; foreign text must have been escaped. */
int error_set(struct error *ret, int err, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
