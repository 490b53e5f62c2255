// SPDX-License-Identifier: MIT
/* The limits of new workers: per hour and address, and in all. */
#include "common/wire/limits.h"
#include "tests/lib/coord_fleet.h"

enum { HERE = 0, THERE = 7, ELSEWHERE = 8, AN_HOUR_MS = 3600000 };

/* It comes from there, and goes again; whether it was welcome. */
static bool comes(struct rig *r, uint64_t origin, uint64_t id)
{
    conn_id conn = ++r->conns;
    struct input input = {.type = INPUT_CONNECTED, .conn = conn, .origin = origin};
    input.address = "10.0.0.7:51544";
    rig_step(r, input);
    rig_message(r, conn, rig_hello(ROLE_WORKER, "lab", id, 1));
    bool welcome = rig_sent(r, conn, MSG_WELCOME);
    const struct msg *m = rig_sent(r, conn, MSG_REFUSAL);
    if (!welcome) {
        assert_non_null(m);
        assert_int_equal(m->refusal.code, REFUSAL_FULL);
        assert_string_equal(m->refusal.sentence, "too many new workers within an hour");
    }
    rig_lost(r, conn);
    return welcome;
}

static void so_many_come_from_one_address_and_not_one_more(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t id = 1;
    for (; id <= LIMIT_NEW_IDS_HOUR_ORIGIN; id++)
        assert_true(comes(r, THERE, id));
    assert_false(comes(r, THERE, id));
    assert_true(comes(r, THERE, 1)); /* it is known */
    assert_true(comes(r, ELSEWHERE, id + 1));
    assert_true(comes(r, HERE, id + 2));
    rig_wait(r, AN_HOUR_MS - 1);
    assert_false(comes(r, THERE, id));
    rig_wait(r, 1);
    assert_true(comes(r, THERE, id));
    rig_free(r);
}

static void this_machine_is_bounded_only_with_all_others(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.new_ids_hour = LIMIT_NEW_IDS_HOUR_ORIGIN + 2;
    struct rig *r = rig_new(config);
    uint64_t id = 1;
    for (; id <= config.new_ids_hour; id++)
        assert_true(comes(r, HERE, id));
    assert_false(comes(r, HERE, id));
    assert_false(comes(r, ELSEWHERE, id));
    assert_true(comes(r, HERE, id - 1)); /* it is known */
    rig_free(r);
}

static void the_number_of_one_address_may_be_chosen(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.new_ids_hour_origin = 2;
    struct rig *r = rig_new(config);
    assert_true(comes(r, THERE, 1));
    assert_true(comes(r, THERE, 2));
    assert_false(comes(r, THERE, 3));
    assert_true(comes(r, ELSEWHERE, 3));
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_come_from_one_address_and_not_one_more),
        cmocka_unit_test(this_machine_is_bounded_only_with_all_others),
        cmocka_unit_test(the_number_of_one_address_may_be_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
