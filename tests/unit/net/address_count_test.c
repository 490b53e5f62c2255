// SPDX-License-Identifier: MIT
/* The limit of connections from one address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wire/limits.h"
#include "server/net/address_count.h"

static int setup(void **state)
{
    static struct address_count o;
    address_count_init(&o, LIMIT_AN_ORIGIN, NULL);
    *state = &o;
    return 0;
}

static int teardown(void **state)
{
    address_count_release(*state);
    return 0;
}

static void come(struct address_count *o, uint64_t origin, size_t n)
{
    while (n-- > 0)
        assert_true(address_count_add(o, origin));
}

static void one_address_may_have_so_many_and_not_one_more(void **state)
{
    come(*state, 7, LIMIT_AN_ORIGIN);
    assert_false(address_count_add(*state, 7));
    assert_false(address_count_add(*state, 7));
    assert_true(address_count_add(*state, 8));
}

/* Those that are too many count until they have gone, like all. */
static void whoever_goes_makes_room(void **state)
{
    come(*state, 7, LIMIT_AN_ORIGIN);
    assert_false(address_count_add(*state, 7));
    address_count_remove(*state, 7);
    assert_false(address_count_add(*state, 7));
    address_count_remove(*state, 7);
    address_count_remove(*state, 7);
    assert_true(address_count_add(*state, 7));
    assert_false(address_count_add(*state, 7));
}

static void an_address_without_connections_is_forgotten(void **state)
{
    struct address_count *o = *state;
    come(o, 7, 3);
    for (int i = 0; i < 3; i++)
        address_count_remove(o, 7);
    assert_int_equal(o->counts.n, 0);
    come(o, 7, LIMIT_AN_ORIGIN);
}

static void this_machine_may_have_any_number(void **state)
{
    struct address_count *o = *state;
    come(o, 0, 2 * LIMIT_AN_ORIGIN);
    address_count_remove(o, 0);
    assert_int_equal(o->counts.n, 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(one_address_may_have_so_many_and_not_one_more),
        WITH(whoever_goes_makes_room),
        WITH(an_address_without_connections_is_forgotten),
        WITH(this_machine_may_have_any_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
