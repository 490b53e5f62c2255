// SPDX-License-Identifier: MIT
/*
 * Reads a decimal as mantissa * 10^exponent in 64 bits, multiplies it by its unit in
 * 128 bits and only then converts it to an integer, so that no digit is lost.  Pure.
 */
#include "common/cli/opt_value.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

const char *opt_error_text(enum opt_error error)
{
    switch (error) {
    case OPT_OK:
        return "is right";
    case OPT_EMPTY:
        return "is empty";
    case OPT_NOT_A_NUMBER:
        return "is not a number";
    case OPT_PLUS:
        return "starts with '+'";
    case OPT_SPACE:
        return "has a space in it";
    case OPT_HEX:
        return "is hexadecimal";
    case OPT_NEGATIVE:
        return "is negative";
    case OPT_ZERO:
        return "is zero";
    case OPT_NOT_WHOLE:
        return "is not a whole number";
    case OPT_TOO_SMALL:
        return "is too small";
    case OPT_TOO_LARGE:
        return "is too large";
    case OPT_NO_UNIT:
        return "has no unit";
    case OPT_BAD_UNIT:
        return "has an unknown unit";
    case OPT_NO_SUCH_WORD:
        return "is none of the words it takes";
    }
    return "is wrong";
}

/*
 * The value is mantissa * 10^exponent; the mantissa has no trailing zeros.  huge: the
 * mantissa overflowed and is meaningless, but the exponent is still right.
 */
struct decimal {
    uint64_t mantissa;
    long exponent;
    bool huge;
};

enum { EXPONENT_CLAMP = 1000000 }; /* far beyond any range, far below overflow */

/* Reads the digits at *text and moves *text past them; returns how many. */
static long read_digits(const char **text, struct decimal *decimal, long *zeros)
{
    long n = 0;
    for (; isdigit((unsigned char)**text); (*text)++, n++) {
        if (**text == '0') {
            ++*zeros; /* matters only if another digit follows */
            continue;
        }
        uint64_t *m = &decimal->mantissa;
        for (; *zeros >= 0 && !decimal->huge; --*zeros)
            decimal->huge = __builtin_mul_overflow(*m, UINT64_C(10), m);
        *zeros = 0;
        decimal->huge |= __builtin_add_overflow(*m, (uint64_t)(**text - '0'), m);
    }
    return n;
}

/* Reads [eE][+-]digits if present; otherwise leaves *text unchanged and returns 0. */
static long read_exponent(const char **text)
{
    const char *c = *text;
    if (*c != 'e' && *c != 'E')
        return 0;
    bool negative = c[1] == '-';
    c += c[1] == '-' || c[1] == '+' ? 2 : 1;
    if (!isdigit((unsigned char)*c))
        return 0;
    long exponent = 0;
    for (; isdigit((unsigned char)*c); c++)
        if (exponent < EXPONENT_CLAMP)
            exponent = exponent * 10 + (*c - '0');
    *text = c;
    return negative ? -exponent : exponent;
}

/* Reads digits[.digits][e[+-]digits]; *ret_rest is the rest of the text. */
MUST_USE static enum opt_error read_decimal(const char *text, struct decimal *ret,
                                            const char **ret_rest)
{
    if (*text == '\0')
        return OPT_EMPTY;
    for (const char *c = text; *c; c++)
        if (isspace((unsigned char)*c))
            return OPT_SPACE;
    if (*text == '+')
        return OPT_PLUS;
    if (*text == '-' && isdigit((unsigned char)text[1]))
        return OPT_NEGATIVE;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return OPT_HEX;

    *ret = (struct decimal){0};
    long zeros = 0;
    if (read_digits(&text, ret, &zeros) == 0)
        return OPT_NOT_A_NUMBER;
    if (*text == '.') {
        text++;
        long decimals = read_digits(&text, ret, &zeros);
        if (decimals == 0)
            return OPT_NOT_A_NUMBER;
        ret->exponent = -decimals;
    }
    ret->exponent += zeros + read_exponent(&text);
    *ret_rest = text;
    return OPT_OK;
}

/* Computes decimal * unit as an integer. */
MUST_USE static enum opt_error to_integer(struct decimal decimal, uint64_t unit,
                                          uint64_t *ret)
{
    for (; unit % 10 == 0; unit /= 10)
        decimal.exponent++;
    if (decimal.huge)
        return decimal.exponent < 0 ? OPT_NOT_WHOLE : OPT_TOO_LARGE;
    unsigned __int128 value = (unsigned __int128)decimal.mantissa * unit;
    for (; value > 0 && decimal.exponent < 0; decimal.exponent++) {
        if (value % 10 != 0)
            return OPT_NOT_WHOLE;
        value /= 10;
    }
    for (; value > 0 && decimal.exponent > 0; decimal.exponent--) {
        if (value > UINT64_MAX)
            return OPT_TOO_LARGE;
        value *= 10;
    }
    if (value > UINT64_MAX)
        return OPT_TOO_LARGE;
    *ret = (uint64_t)value;
    return OPT_OK;
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* The factor of the unit of this name; 0 if it is unknown. */
static uint64_t unit_factor(const struct unit *units, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].factor;
    return 0;
}

enum opt_error opt_number_within(const char *text, uint64_t min, uint64_t max,
                                 uint64_t *ret_number)
{
    static const struct unit suffixes[] = {
        {"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"T", 1000000000000},
    };
    struct decimal decimal;
    const char *rest;
    enum opt_error error = read_decimal(text, &decimal, &rest);
    if (error)
        return error;
    uint64_t factor = unit_factor(suffixes, ARRAY_SIZE(suffixes), rest);
    if (factor == 0)
        return OPT_NOT_A_NUMBER;
    uint64_t value;
    error = to_integer(decimal, factor, &value);
    if (error)
        return error;
    if (value < min)
        return value == 0 ? OPT_ZERO : OPT_TOO_SMALL;
    if (value > max)
        return OPT_TOO_LARGE;
    *ret_number = value;
    return OPT_OK;
}

enum opt_error opt_duration_within(const char *text, int64_t min, int64_t max,
                                   int64_t *ret_ms)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    struct decimal decimal;
    const char *rest;
    enum opt_error error = read_decimal(text, &decimal, &rest);
    if (error)
        return error;
    if (*rest == '\0')
        return OPT_NO_UNIT;
    uint64_t factor = unit_factor(units, ARRAY_SIZE(units), rest);
    if (factor == 0)
        return OPT_BAD_UNIT;
    uint64_t ms;
    error = to_integer(decimal, factor, &ms);
    if (error)
        return error;
    if (ms > INT64_MAX || (int64_t)ms > max)
        return OPT_TOO_LARGE;
    if ((int64_t)ms < min)
        return ms == 0 ? OPT_ZERO : OPT_TOO_SMALL;
    *ret_ms = (int64_t)ms;
    return OPT_OK;
}

enum opt_error opt_real(const char *text, double low, double high, double *ret_real)
{
    assert(low >= 0 && low <= high);
    struct decimal decimal;
    const char *rest;
    enum opt_error error = read_decimal(text, &decimal, &rest);
    if (error)
        return error;
    if (*rest != '\0')
        return OPT_NOT_A_NUMBER;
    double value = strtod(text, NULL); /* the syntax has been checked above */
    if (value < low)
        return decimal.mantissa > 0 || decimal.huge ? OPT_TOO_SMALL : OPT_ZERO;
    if (value > high)
        return OPT_TOO_LARGE;
    *ret_real = value;
    return OPT_OK;
}

enum opt_error opt_choice(const char *text, const char *words, int *ret_index)
{
    size_t len = strlen(text);
    const char *word = words;
    for (int i = 0;; i++) {
        size_t n = strcspn(word, "|");
        if (n == len && memcmp(word, text, len) == 0) {
            *ret_index = i;
            return OPT_OK;
        }
        if (word[n] == '\0')
            return OPT_NO_SUCH_WORD;
        word += n + 1;
    }
}
