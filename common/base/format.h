// SPDX-License-Identifier: MIT
/*
 * Numbers, durations and foreign bytes as text for people.  SI prefixes with one
 * space, digits in groups of three.  All write a terminated string into the caller's
 * buffer, cut when it is too small (FORMAT_MAX bytes always suffice, but for
 * format_escape and format_hex), and return that buffer, so that they can stand in a
 * printf's arguments.  Pure, but for format_error.
 */
#ifndef COMMON_BASE_FORMAT_H
#define COMMON_BASE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORMAT_MAX = 64 };

/* "7 500", "65.5 k", "125.8 G", "200 G": up to 9 999 exactly, then one decimal unless
 * the number is whole in its unit. */
const char *format_count(char *buf, size_t size, uint64_t count);

/* "13 176 411": every digit. */
const char *format_grouped(char *buf, size_t size, uint64_t number);

/* "4.12 G/s", "344 M/s", "0 /s": three digits.  Not negative. */
const char *format_rate(char *buf, size_t size, double per_second);

/* "12 ms", "0.2 s", "41 s", "4 m 12 s", "3 h 12 m", "2 d 5 h": two units, rounded
 * down.  Below 100 ms in ms, below 10 s with one decimal.  Negative is taken as 0. */
const char *format_duration(char *buf, size_t size, int64_t ms);

/* "3.141 590 7", "0.000 009 1": that many decimals (0 .. 15) in groups of three; for
 * values of magnitude below a million.  "n/a" for what is not finite. */
const char *format_decimals(char *buf, size_t size, double value, int decimals);

/* How many decimals show `half`, the half width of an interval, with two digits that
 * count: 7 for 0.0000091.  0 .. 15. */
int format_decimals_for(double half);

/* "4.811", "1e-09": the shortest of 15 to 17 digits that reads back as the same value.
 * Finite. */
const char *format_shortest(char *buf, size_t size, double value);

/* "no space left on device": what the system says of a negative errno, as a phrase. */
const char *format_error(char *buf, size_t size, int err);

/* `len` foreign bytes as printable ASCII: \xNN for the rest, \\ for the backslash. What
 * does not fit ends in "...".  size >= 4. */
const char *format_escape(char *buf, size_t size, const void *bytes, size_t len);

/* The same of a C string; NULL is empty. */
const char *format_escape_str(char *buf, size_t size, const char *str);

/* Bytes as 2 * n lower-case digits; buf has room for one character more. */
const char *format_hex(char *buf, const uint8_t *bytes, size_t n);

/* The first 2 * n characters of text, lower-case digits, as n bytes; what comes after
 * them is not looked at.  False: they are not; ret is then unspecified. */
bool format_unhex(uint8_t *ret, const char *text, size_t n);

#endif
