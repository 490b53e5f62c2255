// SPDX-License-Identifier: MIT
/*
 * Parses values as people type them: whole numbers (200000, 2e5, 200k), durations
 * (500ms, 2h) and real numbers (1e-6).  Whole numbers use integer arithmetic only, so
 * the result is exact or an error.  Pure; owns no memory; ret_* is written only on
 * success.
 */
#ifndef COMMON_CLI_OPT_VALUE_H
#define COMMON_CLI_OPT_VALUE_H

#include <stdint.h>

#include "common/base/base.h"

#define OPT_NUMBER_MAX (UINT64_C(1) << 62)          /* the most trials of a job */
#define OPT_DURATION_MAX (INT64_C(3652) * 86400000) /* ten years, in ms */

/* What is wrong with a value.  OPT_OK is 0, so `if (error)` works. */
enum opt_error {
    OPT_OK,
    OPT_EMPTY,
    OPT_NOT_A_NUMBER,
    OPT_PLUS,         /* a leading '+' */
    OPT_SPACE,        /* white space, other than between a number and its unit */
    OPT_TWO_READINGS, /* 1,000; 2 billion */
    OPT_BYTES,        /* 10GB */
    OPT_HEX,
    OPT_NEGATIVE,
    OPT_ZERO, /* zero is not allowed */
    OPT_NOT_WHOLE,
    OPT_TOO_SMALL,
    OPT_TOO_LARGE,
    OPT_NO_UNIT,      /* a duration without a unit */
    OPT_BAD_UNIT,     /* a duration in an unknown unit */
    OPT_NO_SUCH_WORD, /* not one of a choice's words */
};

/* The predicate of an error message: "is not a number".  Static. */
const char *opt_error_text(enum opt_error error);

/* A whole number in min .. max, inclusive; max may be UINT64_MAX.  Digits, decimals,
 * e-notation and one of k M G T (powers of ten, small or large; "thousand", "million"):
 * "2500", "2.5k" and "25e2" are all 2500; "1.0001k" is OPT_NOT_WHOLE.  Also "2^62",
 * "1_000_000", and "1,000,000" with at least two commas. */
MUST_USE enum opt_error opt_number_within(const char *text, uint64_t min, uint64_t max,
                                          uint64_t *ret_number);

/* A duration in min .. max, inclusive, in whole milliseconds: a number and one of
 * ms s m h d, as in "500ms", "1.5m"; also words ("5min", "90 seconds"), and several,
 * the largest unit first: "1h30m". */
MUST_USE enum opt_error opt_duration_within(const char *text, int64_t min, int64_t max,
                                            int64_t *ret_ms);

/* A real number in low .. high, inclusive; low >= 0. */
MUST_USE enum opt_error opt_real(const char *text, double low, double high,
                                 double *ret_real);

/* The index of `text` among words such as "text|json", or OPT_NO_SUCH_WORD. */
MUST_USE enum opt_error opt_choice(const char *text, const char *words, int *ret_index);

#endif
