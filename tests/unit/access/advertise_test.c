// SPDX-License-Identifier: MIT
/* Which addresses others are told, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "server/access/advertise.h"

/* "HOST:PORT" of each, a * after those of this machine only. */
static const char *told(const struct advertised *list, size_t n)
{
    static char text[2048];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s:%s%s", i ? " " : "",
                               list[i].host, list[i].port, list[i].local ? "*" : "");
    return text;
}

static const struct {
    const char listening[4][64];
    size_t n;
    const char *told, *given, *first;
} cases[] = {
    {{"127.0.0.1:5"}, 1, "127.0.0.1:5*", "pi.example", "pi.example:5 127.0.0.1:5*"},
    {{"[::1]:6", "127.0.0.1:5"},
     2,
     "127.0.0.1:5* ::1:6*",
     "pi.example:80",
     "pi.example:80 127.0.0.1:5* ::1:6*"},
    {{"127.0.0.1:5", "[2001:db8::7]:6", "192.0.2.7:8", "[::1]:9"},
     4,
     "192.0.2.7:8 2001:db8::7:6 127.0.0.1:5* ::1:9*",
     "[2001:db8::9]",
     "2001:db8::9:8 127.0.0.1:5* ::1:9* 192.0.2.7:8* 2001:db8::7:6*"},
    {{"192.0.2.7:8", "192.0.2.7:8", "192.0.2.7:9"},
     3,
     "192.0.2.7:8 192.0.2.7:9",
     "192.0.2.7:8",
     "192.0.2.7:8 192.0.2.7:9*"},
};

static void the_best_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct advertised list[ADVERTISED_MAX];
        size_t n = advertise_addresses(cases[i].listening, cases[i].n, list);
        assert_string_equal(told(list, n), cases[i].told);
        n = advertise_first(cases[i].given, list, n);
        assert_string_equal(told(list, n), cases[i].first);
    }
}

static void there_is_room_for_so_many(void **state)
{
    (void)state;
    char listening[ADVERTISED_MAX + 2][64];
    struct advertised list[ADVERTISED_MAX];
    for (size_t i = 0; i < ARRAY_SIZE(listening); i++)
        snprintf(listening[i], sizeof(listening[i]), "192.0.2.7:%zu", 1000 + i);
    assert_int_equal(
        advertise_addresses((const char(*)[64])listening, ARRAY_SIZE(listening), list),
        ADVERTISED_MAX);
    assert_string_equal(list[ADVERTISED_MAX - 1].port, "1015");
    assert_int_equal(advertise_first("pi.example:1", list, ADVERTISED_MAX),
                     ADVERTISED_MAX);
    assert_string_equal(list[1].port, "1000");
}

/* Loopback is there on every machine, with what belongs to it. */
static void a_wildcard_stands_for_what_the_machine_has(void **state)
{
    (void)state;
    struct advertised list[ADVERTISED_MAX];
    size_t n = advertise_addresses((const char[][64]){"0.0.0.0:4711"}, 1, list);
    assert_string_equal(list[n - 1].host, "127.0.0.1");
    assert_true(list[n - 1].local);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(list[i].port, "4711");
        assert_null(strchr(list[i].host, ':'));
        assert_string_not_equal(list[i].host, "0.0.0.0");
        assert_int_equal(list[i].local, !strncmp(list[i].host, "127.", 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_comes_first),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(a_wildcard_stands_for_what_the_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
