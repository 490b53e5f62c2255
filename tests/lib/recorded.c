// SPDX-License-Identifier: MIT
#include "tests/lib/recorded.h"

#include <string.h>

#include "common/wire/frame.h"
#include "common/wire/wire.h"
#include "tests/lib/msg_text.h"

/* ---- lines of a file ---- */

FILE *open_frames(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        fail_msg("%s is not here: run this from the project's root", path);
    return in;
}

/* Turns "hello | role: 1" into one field per line. */
static void take_text(const char *from, char *to)
{
    for (; *from && *from != '\n'; from++) {
        if (strncmp(from, " | ", 3) == 0) {
            *to++ = '\n';
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to++ = '\n';
    *to = '\0';
}

bool next_line(FILE *in, struct recorded *ret)
{
    static char line[2 * LINE_BYTES];
    int at = 0;
    do {
        if (!fgets(line, sizeof(line), in))
            return false;
    } while (line[0] == '#');
    assert_int_equal(sscanf(line, "%63s %n", ret->name, &at), 1);
    const char *hex = line + at;
    size_t digits = strspn(hex, "0123456789abcdef");
    ret->n = hex[digits] == ' ' ? digits / 2 : 0;
    assert_true(ret->n <= FRAME_BYTES);
    for (size_t i = 0; i < ret->n; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &ret->frame[i]), 1);
    take_text(ret->n > 0 ? hex + digits + 1 : hex, ret->text);
    return true;
}

/* ---- the meaning of a frame ---- */

bool says_all(const char *more, const char *less)
{
    while (*less) {
        size_t n = strcspn(less, "\n") + 1;
        while (*more && strncmp(more, less, n) != 0)
            more += strcspn(more, "\n") + 1;
        if (!*more)
            return false;
        more += n;
        less += n;
    }
    return true;
}

void expect_meaning(const char *name, const struct msg *m, const char *text)
{
    char *said = msg_text(m);
    if (!says_all(said, text))
        fail_msg("%s does not mean what it meant, but:\n%s", name, said);
    free(said);
}

void decode(const struct recorded *l, struct arena *arena, struct msg *ret)
{
    const char *why = "";
    size_t body = (size_t)l->frame[2] << 8 | l->frame[3];
    assert_true(l->n > FRAME_HEADER_BYTES && body == l->n - FRAME_HEADER_BYTES);
    if (wire_decode(l->frame + FRAME_HEADER_BYTES, body, arena, ret, &why) < 0)
        fail_msg("%s is not understood any more: %s", l->name, why);
}
