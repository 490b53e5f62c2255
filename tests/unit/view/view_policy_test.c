// SPDX-License-Identifier: MIT
/* Access for viewers: allowed addresses and host names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/view/view_policy.h"

static const char *const names[] = {"pi.example", "Board"};
static const char *const own[] = {"10.0.0.5", "2001:db8::5"};
static const struct view_policy local = {
    .names = names, .n_names = 2, .own = own, .n_own = 2};
static const struct view_policy open_to_all = {
    .open = true, .names = names, .n_names = 2, .own = own, .n_own = 2};

static void a_local_view_is_for_this_machine_alone(void **state)
{
    (void)state;
    assert_true(view_policy_may_look(&local, true));
    assert_false(view_policy_may_look(&local, false));
    assert_true(view_policy_may_look(&open_to_all, false));
}

static void loopback_names_are_always_ours(void **state)
{
    static const char *const ours[] = {
        "localhost",   "LOCALHOST:31415", "127.0.0.1",  "127.0.0.1:80", "[::1]",
        "[::1]:31415", "localhost:",      "localhost.", "localhost.:80"};
    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        assert_true(view_policy_takes_host(&local, ours[i]));
        assert_true(view_policy_takes_host(&open_to_all, ours[i]));
    }
}

static void given_names_are_always_ours(void **state)
{
    static const char *const ours[] = {"pi.example", "board:31415", "pi.example."};
    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        assert_true(view_policy_takes_host(&local, ours[i]));
        assert_true(view_policy_takes_host(&open_to_all, ours[i]));
    }
}

static void addresses_are_ours_only_where_the_view_is_open(void **state)
{
    static const char *const ours[] = {"10.0.0.5:31415", "[2001:db8::5]:31415"};
    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        assert_false(view_policy_takes_host(&local, ours[i]));
        assert_true(view_policy_takes_host(&open_to_all, ours[i]));
    }
}

static void a_name_that_is_nearly_ours_is_not(void **state)
{
    static const char *const others[] = {"",
                                         "evil.example",
                                         "localhost.evil.example",
                                         "localhost..",
                                         ".",
                                         "localhost:80:80",
                                         "127.0.0.1.evil",
                                         "127.0.0.1@evil",
                                         "[::1",
                                         "::1",
                                         "[::1]x",
                                         "localhost/",
                                         "localhost:31x",
                                         "[]",
                                         ":31415",
                                         " localhost",
                                         "10.0.0.50"};
    (void)state;
    assert_false(view_policy_takes_host(&open_to_all, NULL));
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (view_policy_takes_host(&open_to_all, others[i]))
            fail_msg("takes '%s'", others[i]);
}

static void a_page_from_elsewhere_is_known_by_its_origin(void **state)
{
    (void)state;
    assert_true(view_policy_takes_origin(&local, NULL));
    assert_true(view_policy_takes_origin(&local, "http://localhost:31415"));
    assert_true(view_policy_takes_origin(&local, "https://localhost:8443"));
    assert_true(view_policy_takes_origin(&local, "https://pi.example"));
    assert_false(view_policy_takes_origin(&local, "http://10.0.0.5"));
    assert_true(view_policy_takes_origin(&open_to_all, "http://10.0.0.5"));
    assert_false(view_policy_takes_origin(&local, "https://evil.example"));
    assert_false(view_policy_takes_origin(&local, "http://localhost.evil.example"));
    assert_false(view_policy_takes_origin(&local, "null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_view_is_for_this_machine_alone),
        cmocka_unit_test(loopback_names_are_always_ours),
        cmocka_unit_test(given_names_are_always_ours),
        cmocka_unit_test(addresses_are_ours_only_where_the_view_is_open),
        cmocka_unit_test(a_name_that_is_nearly_ours_is_not),
        cmocka_unit_test(a_page_from_elsewhere_is_known_by_its_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
