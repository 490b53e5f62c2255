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
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    case OPT_TWO_READINGS:
        return "can be read in two ways";
    case OPT_BYTES:
        return "is a number of bytes";
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

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads the digits at *text and moves *text past them; returns how many.  Between two
 * digits one of the characters `between` may stand. */
static long read_digits(const char **text, const char *between, struct decimal *decimal,
                        long *zeros)
{
    long n = 0;
    for (; is_digit(**text); (*text)++) {
        n++;
        if (**text == '0') {
            ++*zeros; /* matters only if another digit follows */
        } else {
            uint64_t *m = &decimal->mantissa;
            for (; *zeros >= 0 && !decimal->huge; --*zeros)
                decimal->huge = __builtin_mul_overflow(*m, UINT64_C(10), m);
            *zeros = 0;
            decimal->huge |= __builtin_add_overflow(*m, (uint64_t)(**text - '0'), m);
        }
        char next = (*text)[1];
        if (next && strchr(between, next) && is_digit((*text)[2]))
            (*text)++;
    }
    return n;
}

/* Whether commas part groups of three digits, at least two of them: "1,000,000".  A
 * single comma may be meant as a decimal point. */
static bool is_grouped(const char *text)
{
    size_t n = strspn(text, "0123456789");
    int groups = 0;
    for (text += n; *text == ',' && strspn(text + 1, "0123456789") == 3; text += 4)
        groups++;
    return n <= 3 && groups >= 2 && *text != ',';
}

/* Reads [eE][+-]digits if present; otherwise leaves *text unchanged and returns 0. */
static long read_exponent(const char **text)
{
    const char *c = *text;
    if (*c != 'e' && *c != 'E')
        return 0;
    bool negative = c[1] == '-';
    c += c[1] == '-' || c[1] == '+' ? 2 : 1;
    if (!is_digit(*c))
        return 0;
    long exponent = 0;
    for (; is_digit(*c); c++)
        if (exponent < EXPONENT_CLAMP)
            exponent = exponent * 10 + (*c - '0');
    *text = c;
    return negative ? -exponent : exponent;
}

/* Reads digits[.digits][e[+-]digits], then blanks; *ret_rest is the rest of the text.
 */
MUST_USE static enum opt_error read_decimal(const char *text, struct decimal *ret,
                                            const char **ret_rest)
{
    if (*text == '\0')
        return OPT_EMPTY;
    if (isspace((unsigned char)*text))
        return OPT_SPACE;
    if (*text == '+')
        return OPT_PLUS;
    if (*text == '-' && is_digit(text[1]))
        return OPT_NEGATIVE;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return OPT_HEX;

    *ret = (struct decimal){0};
    long zeros = 0;
    if (read_digits(&text, is_grouped(text) ? "_," : "_", ret, &zeros) == 0)
        return OPT_NOT_A_NUMBER;
    if (*text == ',' && is_digit(text[1]))
        return OPT_TWO_READINGS;
    if (*text == '.') {
        text++;
        long decimals = read_digits(&text, "_", ret, &zeros);
        if (decimals == 0)
            return OPT_NOT_A_NUMBER;
        ret->exponent = -decimals;
    }
    ret->exponent += zeros + read_exponent(&text);
    *ret_rest = text + strspn(text, " \t\r\n");
    bool apart = *ret_rest > text; /* "90 s" is fine, "90 " and "10 000" are not */
    return apart && (!**ret_rest || is_digit(**ret_rest)) ? OPT_SPACE : OPT_OK;
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

/* The factor of the unit that these n letters name, large or small; 0: unknown. */
static uint64_t unit_factor(const struct unit *units, size_t n_units, const char *name,
                            size_t n)
{
    for (size_t i = 0; i < n_units; i++)
        if (strlen(units[i].name) == n && strncasecmp(units[i].name, name, n) == 0)
            return units[i].factor;
    return 0;
}

/* Why an unknown unit of a number is none.  A billion is 10^9 or 10^12, depending on
 * the language. */
static enum opt_error number_unit_error(const char *unit)
{
    size_t n = strlen(unit);
    if (strcasecmp(unit, "billion") == 0 || strcasecmp(unit, "trillion") == 0 ||
        strcmp(unit, "B") == 0)
        return OPT_TWO_READINGS;
    if ((n == 2 || n == 3) && strchr("kKmMgGtT", unit[0]) &&
        (unit[n - 1] == 'B' || unit[n - 1] == 'b' || unit[n - 1] == 'i'))
        return OPT_BYTES;
    return OPT_NOT_A_NUMBER;
}

/* Reads "2^62". */
MUST_USE static enum opt_error read_power(const char *text, uint64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    const char *exponent = text + digits + 1;
    if (digits == 0 || text[digits] != '^' || !is_digit(*exponent) ||
        exponent[strspn(exponent, "0123456789")])
        return OPT_NOT_A_NUMBER;
    if (digits > 19)
        return OPT_TOO_LARGE;
    uint64_t base = strtoull(text, NULL, 10), power = strtoull(exponent, NULL, 10);
    uint64_t value = 1;
    if (power > 64) /* it overflows, or changes nothing any more */
        power = 64;
    for (; power > 0; power--)
        if (__builtin_mul_overflow(value, base, &value))
            return OPT_TOO_LARGE;
    *ret = value;
    return OPT_OK;
}

MUST_USE static enum opt_error read_number(const char *text, uint64_t *ret)
{
    static const struct unit units[] = {
        {"", 1},
        {"k", 1000},
        {"M", 1000000},
        {"G", 1000000000},
        {"T", 1000000000000},
        {"thousand", 1000},
        {"million", 1000000},
    };
    struct decimal decimal;
    const char *rest;
    if (strchr(text, '^'))
        return read_power(text, ret);
    enum opt_error error = read_decimal(text, &decimal, &rest);
    if (error)
        return error;
    uint64_t factor = unit_factor(units, ARRAY_SIZE(units), rest, strlen(rest));
    return factor ? to_integer(decimal, factor, ret) : number_unit_error(rest);
}

enum opt_error opt_number_within(const char *text, uint64_t min, uint64_t max,
                                 uint64_t *ret_number)
{
    uint64_t value;
    enum opt_error error = read_number(text, &value);
    if (error)
        return error;
    if (value < min)
        return value == 0 ? OPT_ZERO : OPT_TOO_SMALL;
    if (value > max)
        return OPT_TOO_LARGE;
    *ret_number = value;
    return OPT_OK;
}

/* Reads a number and its unit, which is smaller than *factor; sets it to the unit. */
MUST_USE static enum opt_error read_time(const char **text, uint64_t *factor,
                                         uint64_t *ret_ms)
{
    static const struct unit units[] = {
        {"ms", 1},         {"s", 1000},        {"sec", 1000},      {"secs", 1000},
        {"second", 1000},  {"seconds", 1000},  {"m", 60000},       {"min", 60000},
        {"mins", 60000},   {"minute", 60000},  {"minutes", 60000}, {"h", 3600000},
        {"hr", 3600000},   {"hour", 3600000},  {"hours", 3600000}, {"d", 86400000},
        {"day", 86400000}, {"days", 86400000},
    };
    struct decimal decimal;
    const char *rest;
    enum opt_error error = read_decimal(*text, &decimal, &rest);
    if (error)
        return error;
    if (*rest == '\0')
        return OPT_NO_UNIT;
    size_t n = strcspn(rest, " 0123456789");
    uint64_t unit = unit_factor(units, ARRAY_SIZE(units), rest, n);
    if (unit == 0 || unit >= *factor)
        return OPT_BAD_UNIT;
    *factor = unit;
    *text = rest + n;
    return to_integer(decimal, unit, ret_ms);
}

enum opt_error opt_duration_within(const char *text, int64_t min, int64_t max,
                                   int64_t *ret_ms)
{
    uint64_t sum = 0, ms, factor = UINT64_MAX;
    do {
        enum opt_error error = read_time(&text, &factor, &ms);
        if (error)
            return error;
        if (__builtin_add_overflow(sum, ms, &sum) || sum > INT64_MAX)
            return OPT_TOO_LARGE;
        if (*text == ' ' && is_digit(text[1]))
            text++; /* "1h 30m" */
    } while (*text);
    if ((int64_t)sum > max)
        return OPT_TOO_LARGE;
    if ((int64_t)sum < min)
        return sum == 0 ? OPT_ZERO : OPT_TOO_SMALL;
    *ret_ms = (int64_t)sum;
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
    if (*rest != '\0' || strpbrk(text, "_,"))
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
