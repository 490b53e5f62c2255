// SPDX-License-Identifier: MIT
/*
 * An error message: what is wrong and what to do about it, two sentences for people.
 * For modules that fail in more ways than an errno can tell apart and leave printing to
 * their caller.  Owns no memory.  Pure.
 */
#ifndef COMMON_BASE_ERROR_H
#define COMMON_BASE_ERROR_H

#include "common/base/base.h"

struct error {
    char what[600]; /* printable; no program name, no full stop */
    char hint[320]; /* may be empty */
};

/* Fills both and returns err, so that a failure is one statement.  hint may be NULL but
 * must not point into ret.  The caller escapes untrusted text. */
int error_set(struct error *ret, int err, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
