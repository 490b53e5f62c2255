// SPDX-License-Identifier: MIT
/*
 * The line by which a machine without piworker fetches one: whole, by the pin as curl
 * takes it, and none for what is no join string.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/join/fetch.h"

/* The pin is 32 bytes of 0. */
#define SECRET                                                                         \
    ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbba"
#define LINE(at, join)                                                                 \
    "curl -fsSk --pinnedpubkey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "  \
    "-o piworker https://" at "/worker/linux-$(uname -m) && chmod +x piworker && "     \
    "PI_JOIN=" join " ./piworker"

static void the_line_is_whole(void **state)
{
    static const struct {
        const char *join, *line;
    } cases[] = {
        {"pi1.10.0.0.5:31415" SECRET,
         LINE("10.0.0.5:31415", "pi1.10.0.0.5:31415" SECRET)},
        {"pi1.[fd00::1]:80" SECRET, LINE("[fd00::1]:80", "pi1.[fd00::1]:80" SECRET)},
        {"pi1.lab.example:1" SECRET, LINE("lab.example:1", "pi1.lab.example:1" SECRET)},
    };
    char line[FETCH_LINE_BYTES];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(fetch_line(cases[i].join, line), 0);
        assert_string_equal(line, cases[i].line);
    }
}

static void there_is_room_for_the_longest(void **state)
{
    char join[JOIN_TEXT_BYTES], line[FETCH_LINE_BYTES];
    struct join longest = {.port = "65535"};
    (void)state;
    memset(longest.host, 'x', sizeof(longest.host) - 1);
    join_format(&longest, join);
    assert_int_equal(fetch_line(join, line), 0);
    assert_string_equal(line + strlen(line) - 11, " ./piworker");
}

static void what_is_no_join_string_has_no_line(void **state)
{
    char line[FETCH_LINE_BYTES];
    (void)state;
    assert_int_equal(fetch_line("pi1.10.0.0.5:31415.k.w", line), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_whole),
        cmocka_unit_test(there_is_room_for_the_longest),
        cmocka_unit_test(what_is_no_join_string_has_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
