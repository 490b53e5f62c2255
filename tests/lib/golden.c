// SPDX-License-Identifier: MIT
#include "tests/lib/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *out;
static char *bytes;
static size_t n_bytes;

static char *content(const char *path)
{
    size_t n = 0, more, room = 1 << 20;
    char *text = calloc(1, room);
    FILE *in = fopen(path, "r");
    while (in && (more = fread(text + n, 1, room - 1 - n, in)) > 0)
        n += more;
    if (in)
        fclose(in);
    return text;
}

static void write_anew(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        fail_msg("cannot write %s", path);
}

/* The first line that differs is enough to find it. */
static void tell_difference(const char *path, const char *expected, const char *text)
{
    unsigned line = 1;
    const char *a = expected, *b = text;
    for (const char *x = expected, *y = text; *x && *x == *y; x++, y++)
        if (*x == '\n') {
            line++;
            a = x + 1;
            b = y + 1;
        }
    fail_msg("%s:%u: '%.*s' expected, got '%.*s'; is that meant? make golden", path,
             line, (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

void golden(const char *name, const char *text)
{
    const char *how = getenv("GOLDEN");
    char path[256];
    snprintf(path, sizeof(path), "tests/golden/%s", name);
    if (how && !strcmp(how, "renew"))
        write_anew(path, text);
    char *expected = content(path);
    if (strcmp(expected, text) != 0)
        tell_difference(path, expected, text);
    free(expected);
}

FILE *golden_begin(void)
{
    out = open_memstream(&bytes, &n_bytes);
    assert_non_null(out);
    return out;
}

void golden_end(const char *name)
{
    assert_int_equal(fclose(out), 0);
    golden(name, bytes);
    free(bytes);
}

char *golden_mask(char *text, const char *after, const char *until)
{
    for (char *at = text; (at = strstr(at, after));) {
        at += strlen(after);
        size_t n = strcspn(at, until);
        if (n > 0) {
            *at = '*';
            memmove(at + 1, at + n, strlen(at + n) + 1);
        }
    }
    return text;
}
