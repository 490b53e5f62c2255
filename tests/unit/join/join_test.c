// SPDX-License-Identifier: MIT
/* Join strings: content, forgiving input, and error messages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/join/join.h"
#include "tests/lib/seeded.h"

/* The pin is 00 01 .. 1f, the token 20 .. 2f; the base32 is of coreutils' base32(1). */
#define KEY "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
#define TOKEN "eaqseizeeutcokbjfivsyljof4"
#define VALID "pi1.10.0.0.5:31415." KEY "." TOKEN

static struct join parsed(const char *text)
{
    struct join join;
    char why[JOIN_WHY_BYTES] = "";
    int err = join_parse(text, &join, why);
    if (err < 0)
        fail_msg("'%s': %s", text, why);
    return join;
}

static void assert_bad(const char *text, const char *expected)
{
    struct join join;
    char why[JOIN_WHY_BYTES] = "";
    memset(&join, 0x5a, sizeof(join));
    struct join before = join;
    assert_int_equal(join_parse(text, &join, why), -EINVAL);
    assert_string_equal(why, expected);
    assert_memory_equal(&join, &before, sizeof(join));
}

static void a_known_string_holds_what_it_should(void **state)
{
    (void)state;
    struct join join = parsed(VALID);
    assert_string_equal(join.host, "10.0.0.5");
    assert_string_equal(join.port, "31415");
    for (int i = 0; i < JOIN_PIN_BYTES; i++)
        assert_int_equal(join.pin[i], i);
    for (int i = 0; i < JOIN_TOKEN_BYTES; i++)
        assert_int_equal(join.token[i], 32 + i);
    char text[JOIN_TEXT_BYTES];
    join_format(&join, text);
    assert_string_equal(text, VALID);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char *const hosts[] = {"lab-01", "lab-01.example.org", "10.0.0.5",
                                        "2001:db8::1", "::1"};
    struct rng rng = seeded(1);
    for (int i = 0; i < 1000; i++) {
        struct join join = {.host = ""}, again;
        char text[JOIN_TEXT_BYTES], why[JOIN_WHY_BYTES];
        snprintf(join.host, sizeof(join.host), "%s", hosts[i % 5]);
        snprintf(join.port, sizeof(join.port), "%u",
                 (unsigned)(uint16_t)(1 + rng_below(&rng, 65535)));
        for (int k = 0; k < JOIN_PIN_BYTES; k++)
            join.pin[k] = (uint8_t)rng_next(&rng);
        for (int k = 0; k < JOIN_TOKEN_BYTES; k++)
            join.token[k] = (uint8_t)rng_next(&rng);
        join_format(&join, text);
        assert_int_equal(join_parse(text, &again, why), 0);
        assert_string_equal(again.host, join.host);
        assert_string_equal(again.port, join.port);
        assert_memory_equal(again.pin, join.pin, sizeof(join.pin));
        assert_memory_equal(again.token, join.token, sizeof(join.token));
    }
}

static void the_longest_host_fits(void **state)
{
    (void)state;
    struct join join = {.port = "65535"};
    char text[JOIN_TEXT_BYTES];
    memset(join.host, ':', 255);
    join_format(&join, text);
    assert_true(strlen(text) < JOIN_TEXT_BYTES);
    assert_string_equal(parsed(text).host, join.host);
}

static void it_may_be_pasted_as_it_was_printed(void **state)
{
    (void)state;
    char upper[sizeof(VALID)];
    for (size_t i = 0; i < sizeof(upper); i++)
        upper[i] = (char)toupper((unsigned char)VALID[i]);
    const char *const texts[] = {
        VALID "\n",
        " \t" VALID "\r\n",
        "PI_JOIN=" VALID,
        VALID " piworker",
        "PI_JOIN=" VALID " piworker\n",
        upper,
        "PI_JOIN= " VALID " ",
        VALID "\nPI_JOIN=pi1.[::1]:4000.worse piworker\n", /* the first is the best */
        "\r\n" VALID "\r\nand more",
    };
    struct join plain = parsed(VALID);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct join join = parsed(texts[i]);
        assert_memory_equal(join.pin, plain.pin, sizeof(plain.pin));
        assert_memory_equal(join.token, plain.token, sizeof(plain.token));
        assert_string_equal(join.host, "10.0.0.5");
    }
}

static void what_is_wrong_is_said_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "it is empty"},
        {" \n", "it is empty"},
        {"PI_JOIN= piworker", "it does not begin with pi1."},
        {"10.0.0.5:31415", "it does not begin with pi1."},
        {"pi2.10.0.0.5:31415." KEY "." TOKEN, "it does not begin with pi1."},
        {"pi1.", "it has no HOST:PORT: is the line cut?"},
        {"pi1.lab-01." KEY "." TOKEN, "it has no HOST:PORT: is the line cut?"},
        {"pi1.:31415." KEY "." TOKEN, "it has no host before its port"},
        {"pi1.[]:31415." KEY "." TOKEN, "it has no host before its port"},
        {"pi1.a b:31415." KEY "." TOKEN, "' ' at character 6 is no part of a host"},
        {"pi1.a\x01:31415." KEY "." TOKEN,
         "'\\x01' at character 6 is no part of a host"},
        {"pi1.[::1:31415." KEY "." TOKEN, "'[' at character 5 is no part of a host"},
        {"pi1.2001:db8::1:31415." KEY "." TOKEN, "its IPv6 address has no brackets"},
        {"pi1.a:0." KEY "." TOKEN, "its port is no number from 1 to 65535"},
        {"pi1.a:65536." KEY "." TOKEN, "its port is no number from 1 to 65535"},
        {"pi1.a:031." KEY "." TOKEN, "its port is no number from 1 to 65535"},
        {"pi1.a:1x." KEY "." TOKEN, "its port is no number from 1 to 65535"},
        {"pi1.a:." KEY "." TOKEN, "its port is no number from 1 to 65535"},
        {"pi1.a:4294967297." KEY "." TOKEN, "its port is no number from 1 to 65535"},
        {"pi1.a:31415", "its key has 0 characters of 52: is the line cut?"},
        {"pi1.a:31415.aaaqeaye", "its key has 8 characters of 52: is the line cut?"},
        {"pi1.a:31415." KEY, "its token has 0 characters of 26: is the line cut?"},
        {"pi1.a:31415." KEY ".eaqseizeeutcokbjfivs",
         "its token has 20 characters of 26: is the line cut?"},
        {"pi1.a:31415." KEY "." TOKEN "aa",
         "its token has 28 characters instead of 26"},
        {"pi1.a:31415." KEY "a." TOKEN, "its key has 53 characters instead of 52"},
        {"pi1.a:31415." KEY ".eaqseize!utcokbjfivsyljof4",
         "'!' at character 74 is no base32"},
        {"pi1.a:31415." KEY ".eaqseize.utcokbjfivsyljof4",
         "'.' at character 74 is no base32"},
        {"pi1.a:31415.1aaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq." TOKEN,
         "'1' at character 13 is no base32"},
        {"pi1.a:31415.aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypr." TOKEN,
         "the last character of its key is mistyped"},
        {"pi1.a:31415." KEY ".eaqseizeeutcokbjfivsyljof5",
         "the last character of its token is mistyped"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_bad(bad[i].text, bad[i].why);
}

static void a_host_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char text[700];
    snprintf(text, sizeof(text), "pi1.%0256d:31415." KEY "." TOKEN, 0);
    assert_bad(text, "its host is longer than 255 characters");
}

static void no_cut_of_a_line_is_taken(void **state)
{
    (void)state;
    struct join join;
    char text[sizeof(VALID)], why[JOIN_WHY_BYTES];
    for (size_t n = 0; n + 1 < sizeof(VALID); n++) {
        memcpy(text, VALID, n);
        text[n] = '\0';
        assert_int_equal(join_parse(text, &join, why), -EINVAL);
    }
}

static void what_is_said_never_shows_the_token(void **state)
{
    (void)state;
    struct rng rng = seeded(1);
    for (int i = 0; i < 2000; i++) {
        struct join join;
        char text[] = VALID, why[JOIN_WHY_BYTES];
        text[rng_below(&rng, sizeof(text) - 1)] = (char)(1 + rng_below(&rng, 255));
        text[rng_below(&rng, sizeof(text) - 1)] = (char)(1 + rng_below(&rng, 255));
        if (join_parse(text, &join, why) == 0)
            continue;
        assert_null(strstr(why, "izee"));
        assert_null(strstr(why, "kbjf"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_string_holds_what_it_should),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_longest_host_fits),
        cmocka_unit_test(it_may_be_pasted_as_it_was_printed),
        cmocka_unit_test(what_is_wrong_is_said_exactly),
        cmocka_unit_test(a_host_that_is_too_long_is_refused),
        cmocka_unit_test(no_cut_of_a_line_is_taken),
        cmocka_unit_test(what_is_said_never_shows_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
