// SPDX-License-Identifier: MIT
/*
 * Text for people, in the caller's buffers.  Integers are scaled as integers.  Rounding
 * comes before the choice of the prefix, so "1000.0 k" never appears.
 */
#include "common/base/format.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};

enum { LARGEST = sizeof(prefixes) / sizeof(prefixes[0]) - 1 };

/* count in tenths of unit, rounded.  count * 10 can overflow 64 bits; the result
 * cannot. */
static uint64_t tenths_of(uint64_t count, uint64_t unit)
{
    return count / unit * 10 + (count % unit * 10 + unit / 2) / unit;
}

const char *format_count(char *buf, size_t size, uint64_t count)
{
    if (count < 10000)
        return format_grouped(buf, size, count);
    uint64_t unit = 1000;
    size_t prefix = 1;
    while (prefix < LARGEST && tenths_of(count, unit) >= 10000) {
        unit *= 1000;
        prefix++;
    }
    uint64_t tenths = tenths_of(count, unit);
    if (count % unit == 0)
        snprintf(buf, size, "%" PRIu64 " %s", tenths / 10, prefixes[prefix]);
    else
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
                 prefixes[prefix]);
    return buf;
}

const char *format_grouped(char *buf, size_t size, uint64_t number)
{
    char reversed[FORMAT_MAX];
    size_t n = 0;
    for (int digits = 0; digits == 0 || number > 0; digits++, number /= 10) {
        if (digits > 0 && digits % 3 == 0)
            reversed[n++] = ' ';
        reversed[n++] = (char)('0' + number % 10);
    }
    size_t at = 0;
    while (n > 0 && at + 1 < size)
        buf[at++] = reversed[--n];
    if (size > 0)
        buf[at] = '\0';
    return buf;
}

const char *format_rate(char *buf, size_t size, double per_second)
{
    if (!isfinite(per_second) || per_second < 0) {
        snprintf(buf, size, "n/a");
        return buf;
    }
    size_t prefix = 0;
    while (prefix < LARGEST && per_second >= 999.5) {
        per_second /= 1000;
        prefix++;
    }
    int decimals = per_second >= 99.95 || per_second <= 0 ? 0
                   : per_second >= 9.995                  ? 1
                                                          : 2;
    if (per_second < 1e6)
        snprintf(buf, size, "%.*f %s/s", decimals, per_second, prefixes[prefix]);
    else
        snprintf(buf, size, "%.3g %s/s", per_second, prefixes[prefix]);
    return buf;
}

static int days_of_year(int year)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return 365 + leap;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 ? days_of_year(year) - 337 : days[month - 1];
}

const char *format_time(char *buf, size_t size, int64_t ms)
{
    assert(ms >= 0 && ms < FORMAT_TIME_END);
    int day = (int)(ms / 86400000), rest = (int)(ms % 86400000);
    int year = 1970, month = 1;
    for (; day >= days_of_year(year); year++)
        day -= days_of_year(year);
    for (; day >= days_of_month(year, month); month++)
        day -= days_of_month(year, month);
    snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day + 1,
             rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
    return buf;
}

const char *format_duration(char *buf, size_t size, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    int64_t s = ms / 1000;
    if (ms < 100)
        snprintf(buf, size, "%" PRId64 " ms", ms);
    else if (s < 10)
        snprintf(buf, size, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
    else if (s < 60)
        snprintf(buf, size, "%" PRId64 " s", s);
    else if (s < 3600)
        snprintf(buf, size, "%" PRId64 " m %" PRId64 " s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, size, "%" PRId64 " h %" PRId64 " m", s / 3600, s / 60 % 60);
    else
        snprintf(buf, size, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
    return buf;
}

const char *format_decimals(char *buf, size_t size, double value, int decimals)
{
    assert(decimals >= 0 && decimals <= 15);
    if (!isfinite(value) || fabs(value) >= 1e6) {
        snprintf(buf, size, "n/a");
        return buf;
    }
    char plain[FORMAT_MAX];
    snprintf(plain, sizeof(plain), "%.*f", decimals, value);
    size_t at = 0;
    int after_point = -1; /* digits since the point; -1: before it */
    for (const char *c = plain; *c && at + 1 < size; c++) {
        if (after_point > 0 && after_point % 3 == 0 && at + 2 < size)
            buf[at++] = ' ';
        buf[at++] = *c;
        if (*c == '.' || after_point >= 0)
            after_point++;
    }
    if (size > 0)
        buf[at] = '\0';
    return buf;
}

int format_decimals_for(double half)
{
    if (!isfinite(half))
        return 0;
    if (half < 1e-14)
        return 15;
    int decimals = 1 - (int)floor(log10(half));
    return decimals < 0 ? 0 : decimals > 15 ? 15 : decimals;
}

const char *format_stderr(char *buf, size_t size, double value)
{
    if (isfinite(value) && value > 0)
        snprintf(buf, size, "%.*f", format_decimals_for(value), value);
    else
        snprintf(buf, size, "n/a");
    return buf;
}

const char *format_shortest(char *buf, size_t size, double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, size, "%.*g", digits, value);
        double back = strtod(buf, NULL);
        if (back >= value && back <= value)
            break;
    }
    return buf;
}

const char *format_error(char *buf, size_t size, int err)
{
    snprintf(buf, size, "%s", strerror(-err));
    *buf = (char)tolower((unsigned char)*buf);
    return buf;
}

static const char hex_digits[] = "0123456789abcdef";

/* One byte as one, two or four characters; returns how many. */
static size_t escape_byte(char out[4], unsigned char byte)
{
    out[0] = '\\';
    if (byte == '\\') {
        out[1] = '\\';
        return 2;
    }
    if (byte >= 0x20 && byte < 0x7f) {
        out[0] = (char)byte;
        return 1;
    }
    out[1] = 'x';
    out[2] = hex_digits[byte >> 4];
    out[3] = hex_digits[byte & 15];
    return 4;
}

const char *format_escape(char *buf, size_t size, const void *bytes, size_t len)
{
    assert(size >= 4);
    const unsigned char *in = bytes;
    size_t at = 0;
    size_t cut = 0; /* the last place where "..." would still fit */
    for (size_t i = 0; i < len; i++) {
        char piece[4];
        size_t n = escape_byte(piece, in[i]);
        if (at + 4 <= size)
            cut = at;
        if (at + n >= size) {
            memcpy(buf + cut, "...", 4);
            return buf;
        }
        memcpy(buf + at, piece, n);
        at += n;
    }
    buf[at] = '\0';
    return buf;
}

const char *format_escape_str(char *buf, size_t size, const char *str)
{
    return format_escape(buf, size, str ? str : "", str ? strlen(str) : 0);
}

const char *format_hex(char *buf, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf[2 * i] = hex_digits[bytes[i] >> 4];
        buf[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    buf[2 * n] = '\0';
    return buf;
}

/* -1: not a hex digit. */
static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool format_unhex(uint8_t *ret, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++, text += 2) {
        int high = hex_value(text[0]), low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0)
            return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
