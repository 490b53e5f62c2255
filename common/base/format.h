// SPDX-License-Identifier: MIT
/*
 * Numbers, durations and untrusted bytes as text for people.  SI prefixes after one
 * space, digits in groups of three.  Each function writes a terminated string into the
 * caller's buffer and returns that buffer, so a call can be an argument of printf().
 * Text that does not fit is cut.  FORMAT_MAX bytes always suffice, except for
 * format_escape and format_hex.  Pure, except format_error.
 */
#ifndef COMMON_BASE_FORMAT_H
#define COMMON_BASE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORMAT_MAX = 64 };

/* "7 500", "65.5 k", "125.8 G", "200 G": exact up to 9 999, then one decimal unless the
 * number is whole in its unit. */
const char *format_count(char *buf, size_t size, uint64_t count);

/* "13 176 411": every digit. */
const char *format_grouped(char *buf, size_t size, uint64_t number);

/* "4.12 G/s", "344 M/s", "0 /s": three digits.  per_second >= 0. */
const char *format_rate(char *buf, size_t size, double per_second);

/* "12 ms", "0.2 s", "41 s", "4 m 12 s", "3 h 12 m", "2 d 5 h": two units, rounded
 * down.  In ms below 100 ms, with one decimal below 10 s.  Negative counts as 0. */
const char *format_duration(char *buf, size_t size, int64_t ms);

/* "2026-12-01T03:44:48.123Z": Unix time in ms as RFC 3339, from 0 to before the year
 * 10000, which that has no form for. */
#define FORMAT_TIME_END INT64_C(253402300800000)
const char *format_time(char *buf, size_t size, int64_t ms);

/* "3.141 590 7", "0.000 009 1": `decimals` of them (0 .. 15) in groups of three.
 * |value| < 1 000 000.  "n/a" if it is not finite. */
const char *format_decimals(char *buf, size_t size, double value, int decimals);

/* How many decimals show `half`, the half width of an interval, with two significant
 * digits: 7 for 0.0000091.  0 .. 15. */
int format_decimals_for(double half);

/* "0.0016": a standard error with two significant digits; "n/a" if it is not finite, or
 * 0, which trials that are all hits, or none, have: nothing is known of it then. */
const char *format_stderr(char *buf, size_t size, double value);

/* "4.811", "1e-09": the shortest of 15 to 17 digits that reads back as the same value.
 * The value must be finite. */
const char *format_shortest(char *buf, size_t size, double value);

/* "no space left on device": the system's message for a negative errno, as a phrase. */
const char *format_error(char *buf, size_t size, int err);

/* `len` untrusted bytes as printable ASCII: \xNN for other bytes, \\ for a backslash.
 * Text that is cut ends in "...".  size >= 4. */
const char *format_escape(char *buf, size_t size, const void *bytes, size_t len);

/* The same for a C string; NULL counts as "". */
const char *format_escape_str(char *buf, size_t size, const char *str);

/* n bytes as 2 * n lower-case hex digits; buf has 2 * n + 1 bytes. */
const char *format_hex(char *buf, const uint8_t *bytes, size_t n);

/* Decodes the first 2 * n characters of text, lower-case hex digits, into n bytes and
 * ignores the rest.  False if they are not hex digits; then ret is unspecified. */
bool format_unhex(uint8_t *ret, const char *text, size_t n);

#endif
