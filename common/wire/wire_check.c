// SPDX-License-Identifier: MIT
/*
 * Checks of single values from the network.  Pure.
 */
#include <inttypes.h>
#include <string.h>

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
