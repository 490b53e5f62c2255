// SPDX-License-Identifier: MIT
/*
 * Checks of single values from the network.  Pure.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

const Pb__Frame__BodyCase pb_body_case[MSG_REPLY + 1] = {
    [MSG_HELLO] = PB__FRAME__BODY_HELLO,
    [MSG_WELCOME] = PB__FRAME__BODY_WELCOME,
    [MSG_REFUSAL] = PB__FRAME__BODY_REFUSAL,
    [MSG_BYE] = PB__FRAME__BODY_BYE,
    [MSG_HEARTBEAT] = PB__FRAME__BODY_HEARTBEAT,
    [MSG_RESUME] = PB__FRAME__BODY_RESUME,
    [MSG_GRANTS] = PB__FRAME__BODY_GRANTS,
    [MSG_RESULTS] = PB__FRAME__BODY_RESULTS,
    [MSG_ANSWERS] = PB__FRAME__BODY_ANSWERS,
    [MSG_CANCEL] = PB__FRAME__BODY_CANCEL,
    [MSG_GIVE_BACK] = PB__FRAME__BODY_GIVE_BACK,
    [MSG_DRAIN] = PB__FRAME__BODY_DRAIN,
    [MSG_REQUEST] = PB__FRAME__BODY_REQUEST,
    [MSG_REPLY] = PB__FRAME__BODY_REPLY,
};

enum { BLOCK_HEADER_BYTES = 16 }; /* keeps the arena's alignment */

void *pb_alloc(void *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - BLOCK_HEADER_BYTES)
        return NULL;
    char *block = arena_alloc(arena, BLOCK_HEADER_BYTES + bytes);
    if (!block)
        return NULL;
    memcpy(block, &bytes, sizeof(bytes));
    return block + BLOCK_HEADER_BYTES;
}

/* The length as sent, NULs included; an empty string is protobuf-c's constant. */
static size_t sent_bytes(const char *text)
{
    if (text == protobuf_c_empty_string)
        return 0;
    size_t block;
    memcpy(&block, text - BLOCK_HEADER_BYTES, sizeof(block));
    return block - 1;
}

int check_text(struct pb_check *c, const char *what, const char *field,
               const char *text, size_t max)
{
    size_t n = sent_bytes(text);
    if (n > max)
        return BAD(c, "%s: %s has %zu bytes, at most %zu", what, field, n, max);
    for (size_t i = 0; i < n; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return BAD(c, "%s: %s is not printable ASCII", what, field);
    return 0;
}

int check_name(struct pb_check *c, const char *what, const char *name, bool empty)
{
    int r = check_text(c, what, "name", name, NAME_BYTES);
    if (r < 0)
        return r;
    if (!*name && !empty)
        return BAD(c, "%s: no name", what);
    for (const char *p = name; *p; p++) {
        bool alnum = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
                     (*p >= '0' && *p <= '9');
        if (!alnum && !strchr("._-", *p))
            return BAD(c, "%s: name has a '%c', not only A-Z a-z 0-9 . _ -", what, *p);
    }
    return 0;
}

int check_range(struct pb_check *c, const char *what, const char *field, uint64_t value,
                uint64_t min, uint64_t max)
{
    if (value < min || value > max)
        return BAD(c, "%s: %s is %" PRIu64 ", not %" PRIu64 " to %" PRIu64, what, field,
                   value, min, max);
    return 0;
}

int check_lines(struct pb_check *c, const char *what, const char *field,
                const char *text, size_t max)
{
    size_t n = sent_bytes(text);
    if (n > max)
        return BAD(c, "%s: %s has %zu bytes, at most %zu", what, field, n, max);
    for (size_t i = 0; i < n; i++)
        if ((text[i] < 0x20 || text[i] > 0x7e) && text[i] != '\n')
            return BAD(c, "%s: %s is not lines of printable ASCII", what, field);
    return 0;
}

int check_program_name(struct pb_check *c, const char *what, const char *name)
{
    int r = check_name(c, what, name, false);
    return r < 0 || strcmp(name, "pi") != 0
               ? r
               : BAD(c, "%s: a program called pi, which is built in", what);
}

int check_program(struct pb_check *c, const char *what, const char *program,
                  const char *arg, bool score)
{
    if (!*program && (*arg || score))
        return BAD(c, "%s: an argument or a score, but no program", what);
    if (*program && check_program_name(c, what, program) < 0)
        return -EBADMSG;
    return check_text(c, what, "arg", arg, ARG_BYTES);
}

int check_scale(struct pb_check *c, const char *what, const char *program, double scale,
                double *ret)
{
    *ret = scale == 0 ? scale_usual(program) : scale;
    if (!*program && *ret != SCALE_PI)
        return BAD(c, "%s: a scale, but no program", what);
    if (!(*ret >= 1 / SCALE_MAX && *ret <= SCALE_MAX))
        return BAD(c, "%s: scale is %g, not %g to %g", what, scale, 1 / SCALE_MAX,
                   SCALE_MAX);
    return 0;
}

int check_job_ref(struct pb_check *c, const char *what, const char *text, bool empty,
                  uint64_t *ret_number)
{
    int r = check_text(c, what, "job", text, NAME_BYTES);
    if (r < 0)
        return r;
    uint64_t number = job_number(text);
    if (number == 0 && !(empty && !*text))
        return BAD(c, "%s: \"%s\" is no job; a job is \"j-17\" or \"17\"", what, text);
    *ret_number = number;
    return 0;
}

/* Exactly 2 * n hexadecimal digits. */
int check_hex(struct pb_check *c, const char *what, const char *field, const char *text,
              uint8_t *ret, size_t n)
{
    int r = check_text(c, what, field, text, 2 * n);
    if (r < 0)
        return r;
    if (!format_unhex(ret, text, n) || text[2 * n])
        return BAD(c, "%s: %s is not %zu digits of hexadecimal", what, field, 2 * n);
    return 0;
}

int check_hex64(struct pb_check *c, const char *what, const char *field,
                const char *text, uint64_t *ret)
{
    uint8_t bytes[8];
    int r = check_hex(c, what, field, text, bytes, sizeof(bytes));
    if (r < 0)
        return r;
    *ret = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        *ret = *ret << 8 | bytes[i];
    return 0;
}

/* The self-test of a program, which may be unknown. */
int check_test(struct pb_check *c, const char *what, const char *text, bool *ret_known,
               uint64_t *ret)
{
    *ret_known = *text != '\0';
    *ret = 0;
    return *text ? check_hex64(c, what, "test", text, ret) : 0;
}

/* Scores are in 1/65,536 of a trial. */
int check_hits(struct pb_check *c, const char *what, uint64_t trials, uint64_t hits,
               bool score)
{
    uint64_t most = !score                         ? trials
                    : trials <= PROGRAM_TRIALS_MAX ? trials << UNIT_LOG2
                                                   : 0;
    if (trials > TRIALS_MAX || hits > most)
        return BAD(c, "%s: %" PRIu64 " hits of %" PRIu64 " trials", what, hits, trials);
    return 0;
}

int check_ms(struct pb_check *c, const char *what, const char *field, uint64_t ms)
{
    return check_range(c, what, field, ms, 0, MS_MAX);
}

int check_rate(struct pb_check *c, const char *what, double rate)
{
    if (!isfinite(rate) || rate < 0)
        return BAD(c, "%s: the rate is no number from 0", what);
    return 0;
}

/* The four values of an estimate, each finite or NaN. */
int check_estimate(struct pb_check *c, const char *what, double pi, double error,
                   double low, double high)
{
    if (isinf(pi) || isinf(error) || isinf(low) || isinf(high))
        return BAD(c, "%s: an estimate that is infinite", what);
    return 0;
}

int check_anytime(struct pb_check *c, const char *what, double low, double high,
                  double *ret_low, double *ret_high)
{
    bool sent = low != 0 || high != 0;
    *ret_low = sent ? low : NAN;
    *ret_high = sent ? high : NAN;
    return check_estimate(c, what, 0, 0, low, high);
}
