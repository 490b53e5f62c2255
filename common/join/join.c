// SPDX-License-Identifier: MIT
/*
 * Parses join strings (common/join/join.h) from the right: pin and token contain no
 * colon, so the last colon precedes the port, whatever the host looks like.
 */
#include "common/join/join.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/format.h"

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

enum { BASE32_BITS = 5, ESCAPE_BYTES = 8 };

/* The unread part [at, end) of the text; messages give positions relative to `text`. */
struct join_part {
    const char *text, *at, *end;
};

__attribute__((format(printf, 2, 3))) static int fail(char why[JOIN_WHY_BYTES],
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, JOIN_WHY_BYTES, format, args);
    va_end(args);
    return -EINVAL;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t left(const struct join_part *p)
{
    return (size_t)(p->end - p->at);
}

static void trim(struct join_part *p)
{
    while (p->at < p->end && is_space(*p->at))
        p->at++;
    while (p->at < p->end && is_space(p->end[-1]))
        p->end--;
}

static bool begins_with(const struct join_part *p, const char *word)
{
    size_t n = strlen(word);
    return left(p) >= n && strncasecmp(p->at, word, n) == 0;
}

/* Strips what surrounds the join string in the line that picoord prints. */
static void unwrap(struct join_part *p)
{
    static const char before[] = "PI_JOIN=", after[] = " piworker";
    size_t n = sizeof(after) - 1;
    trim(p);
    if (begins_with(p, before))
        p->at += sizeof(before) - 1;
    if (left(p) > n && memcmp(p->end - n, after, n) == 0)
        p->end -= n;
    trim(p);
}

static int bad_character(const struct join_part *p, const char *at, const char *what,
                         char why[JOIN_WHY_BYTES])
{
    char shown[ESCAPE_BYTES];
    return fail(why, "'%s' at character %zu is no %s",
                format_escape(shown, sizeof(shown), at, 1), (size_t)(at - p->text) + 1,
                what);
}

/* "HOST", "[V6]" */
static int read_host(const struct join_part *p, char host[256],
                     char why[JOIN_WHY_BYTES])
{
    const char *from = p->at, *end = p->end;
    bool bracketed = from < end && *from == '[' && end[-1] == ']';
    if (bracketed) {
        from++;
        end--;
    }
    size_t n = (size_t)(end - from);
    if (n == 0)
        return fail(why, "it has no host before its port");
    if (n > 255)
        return fail(why, "its host is longer than 255 characters");
    for (const char *at = from; at < end; at++)
        if (*at <= ' ' || *at >= 0x7f || strchr("[]/\"\\", *at))
            return bad_character(p, at, "part of a host", why);
    if (!bracketed && memchr(from, ':', n))
        return fail(why, "its IPv6 address has no brackets");
    memcpy(host, from, n);
    host[n] = '\0';
    return 0;
}

static int read_port(const struct join_part *p, char port[6], char why[JOIN_WHY_BYTES])
{
    unsigned value = 0;
    size_t n = left(p);
    bool good = n >= 1 && n <= 5 && *p->at != '0';
    for (const char *at = p->at; at < p->end && good; at++) {
        good = *at >= '0' && *at <= '9';
        value = value * 10 + (unsigned)(*at - '0');
    }
    if (!good || value > 65535)
        return fail(why, "its port is no number from 1 to 65535");
    memcpy(port, p->at, n);
    port[n] = '\0';
    return 0;
}

/* The value of a base32 digit, 0 to 31, or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static size_t characters(size_t bytes)
{
    return (bytes * 8 + BASE32_BITS - 1) / BASE32_BITS;
}

static int read_base32(const struct join_part *p, const char *name, uint8_t *ret,
                       size_t bytes, char why[JOIN_WHY_BYTES])
{
    size_t want = characters(bytes), n = left(p), at = 0;
    uint32_t bits = 0;
    unsigned n_bits = 0; /* in `bits`, not stored yet */
    for (const char *c = p->at; c < p->end; c++)
        if (digit(*c) < 0)
            return bad_character(p, c, "base32", why);
    if (n < want)
        return fail(why, "its %s has %zu characters of %zu: is the line cut?", name, n,
                    want);
    if (n > want)
        return fail(why, "its %s has %zu characters instead of %zu", name, n, want);
    for (const char *c = p->at; c < p->end; c++) {
        bits = bits << BASE32_BITS | (uint32_t)digit(*c);
        n_bits += BASE32_BITS;
        if (n_bits >= 8) {
            n_bits -= 8;
            ret[at++] = (uint8_t)(bits >> n_bits);
            bits &= (1u << n_bits) - 1;
        }
    }
    return bits == 0 ? 0 : fail(why, "the last character of its %s is mistyped", name);
}

static struct join_part until(struct join_part *p, char c)
{
    const char *end = memchr(p->at, c, left(p));
    struct join_part first = {p->text, p->at, end ? end : p->end};
    p->at = end ? end + 1 : p->end;
    return first;
}

int join_parse(const char *text, struct join *ret, char why[JOIN_WHY_BYTES])
{
    struct join join;
    struct join_part p = {text, text, text + strlen(text)};
    trim(&p);
    p.end = p.at + strcspn(p.at, "\r\n"); /* the first line has the best address */
    unwrap(&p);
    if (left(&p) == 0)
        return fail(why, "it is empty");
    if (!begins_with(&p, "pi1."))
        return fail(why, "it does not begin with pi1.");
    const char *colon = memrchr(p.at, ':', left(&p));
    if (!colon)
        return fail(why, "it has no HOST:PORT: is the line cut?");
    struct join_part host = {p.text, p.at + 4, colon};
    struct join_part key = {p.text, colon + 1, p.end};
    struct join_part port = until(&key, '.');
    struct join_part pin = until(&key, '.');
    if (read_host(&host, join.host, why) < 0 || read_port(&port, join.port, why) < 0 ||
        read_base32(&pin, "key", join.pin, sizeof(join.pin), why) < 0 ||
        read_base32(&key, "token", join.token, sizeof(join.token), why) < 0)
        return -EINVAL;
    *ret = join;
    return 0;
}

static char *write_base32(char *out, const uint8_t *bytes, size_t n)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;
    for (size_t i = 0; i < n; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff; /* at most 4 old bits and 8 new ones */
        for (n_bits += 8; n_bits >= BASE32_BITS; n_bits -= BASE32_BITS)
            *out++ = alphabet[bits >> (n_bits - BASE32_BITS) & 31];
    }
    if (n_bits > 0)
        *out++ = alphabet[bits << (BASE32_BITS - n_bits) & 31];
    return out;
}

void join_format(const struct join *join, char ret[JOIN_TEXT_BYTES])
{
    int n = snprintf(ret, JOIN_TEXT_BYTES,
                     strchr(join->host, ':') ? "pi1.[%s]:%s." : "pi1.%s:%s.",
                     join->host, join->port);
    char *at = write_base32(ret + n, join->pin, sizeof(join->pin));
    *at++ = '.';
    at = write_base32(at, join->token, sizeof(join->token));
    *at = '\0';
}
