// SPDX-License-Identifier: MIT
#include "common/program/answers.h"

#include <assert.h>
#include <string.h>

#include "common/base/format.h"

char *answers_room(struct answers *a, size_t *ret_bytes)
{
    *ret_bytes = sizeof(a->bytes) - a->n;
    return a->bytes + a->n;
}

void answers_add(struct answers *a, size_t bytes)
{
    assert(bytes <= sizeof(a->bytes) - a->n);
    a->n += bytes;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* Returns what follows the number; NULL: there is none, or it is too large. */
static const char *parse_number(const char *at, const char *end, uint64_t *ret)
{
    uint64_t number = 0;
    const char *from = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
            __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
            return NULL;
    *ret = number;
    return at > from ? at : NULL;
}

static bool parse_line(const char *at, const char *end, uint64_t *ret_first,
                       uint64_t *ret_hits)
{
    uint64_t first, hits;
    if (end > at && end[-1] == '\r')
        end--;
    const char *between = parse_number(skip_blanks(at, end), end, &first);
    if (!between)
        return false;
    /* the first number has taken all digits that are there */
    const char *rest = parse_number(skip_blanks(between, end), end, &hits);
    if (!rest || skip_blanks(rest, end) != end)
        return false;
    *ret_first = first;
    *ret_hits = hits;
    return true;
}

enum answer answers_next(struct answers *a, uint64_t *ret_first, uint64_t *ret_hits,
                         char shown[ANSWER_BYTES])
{
    size_t most = a->n < ANSWER_BYTES ? a->n : ANSWER_BYTES;
    const char *end = memchr(a->bytes, '\n', most);
    size_t n = end ? (size_t)(end - a->bytes) : most;
    format_escape(shown, ANSWER_BYTES, a->bytes, n);
    if (!end)
        return most == ANSWER_BYTES ? ANSWER_BAD : ANSWER_NONE;
    bool good = parse_line(a->bytes, end, ret_first, ret_hits);
    a->n -= n + 1;
    memmove(a->bytes, end + 1, a->n);
    return good ? ANSWER_GOOD : ANSWER_BAD;
}
