// SPDX-License-Identifier: MIT
/*
 * How the agent leaves: it gives its leases back or finishes them, delivers its
 * results, and keeps to the time limits.
 */
#include "tests/lib/agent_rig.h"

static void a_drain_gives_back_what_is_not_computed_and_waits_for_answers(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 3);
    agent_rig_computed(&r, 9, 0, 0, 70);
    agent_rig_drain(&r);
    assert_non_null(agent_rig_note(&r, AGENT_EVENT_DRAINING));
    assert_int_equal(agent_rig_effect(&r, AGENT_UNASSIGN)->assign.leases, 6);
    assert_int_equal(agent_rig_sent(&r, MSG_GIVE_BACK)->leases.leases[0], 6);
    assert_null(agent_rig_effect(&r, AGENT_EXIT));
    agent_rig_counted(&r, 9, 1);
    assert_non_null(agent_rig_sent(&r, MSG_BYE));
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void a_drain_waits_two_seconds_for_answers_and_no_longer(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 1);
    agent_rig_computed(&r, 9, 0, 0, 70);
    agent_rig_drain(&r);
    assert_int_equal(agent_rig_wait(&r, AGENT_EXIT, 60000), 2000);
    agent_rig_expect_exit(&r, 0);
    assert_non_null(agent_rig_sent(&r, MSG_BYE));
    agent_rig_free(&r);
}

static void a_drain_with_grace_computes_to_the_end_but_takes_no_more(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.grace_ms = 30000;
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 2);
    agent_rig_drain(&r);
    assert_null(agent_rig_sent(&r, MSG_GIVE_BACK));
    agent_rig_grant(&r, 10, 0, 5);
    assert_null(agent_rig_effect(&r, AGENT_ASSIGN));
    assert_int_equal(agent_rig_sent(&r, MSG_GIVE_BACK)->leases.grant[0], 10);
    assert_int_equal(agent_rig_sent(&r, MSG_GIVE_BACK)->leases.leases[0], 0x1f);
    agent_rig_computed(&r, 9, 0, 0, 70);
    agent_rig_computed(&r, 9, 0, 1, 71);
    agent_rig_counted(&r, 9, 3);
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void what_grace_was_not_enough_for_is_given_back(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.grace_ms = 1500;
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 2);
    agent_rig_drain(&r);
    assert_int_equal(agent_rig_wait(&r, AGENT_UNASSIGN, 60000), 1500);
    assert_int_equal(agent_rig_sent(&r, MSG_GIVE_BACK)->leases.leases[0], 3);
    agent_rig_expect_exit(&r, 0); /* nothing is unanswered */
    agent_rig_free(&r);
}

static void the_coordinator_may_ask_for_a_drain(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 1);
    struct msg m = {.type = MSG_DRAIN, .bye = {"drain"}};
    agent_rig_message(&r, m);
    assert_non_null(agent_rig_sent(&r, MSG_GIVE_BACK));
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void a_drain_without_a_connection_tries_to_deliver(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 2);
    agent_rig_computed(&r, 9, 0, 0, 70);
    agent_rig_lost(&r);
    agent_rig_drain(&r);
    assert_non_null(agent_rig_effect(&r, AGENT_UNASSIGN));
    assert_non_null(agent_rig_effect(&r, AGENT_CONNECT)); /* at once */
    agent_rig_failed(&r);
    assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 1, 250);
    agent_rig_join(&r);
    assert_int_equal(agent_rig_sent(&r, MSG_RESUME)->resume.computing[0], 0);
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.hits[0], 70);
    agent_rig_counted(&r, 9, 1);
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void a_drain_without_a_connection_gives_up_after_two_seconds(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 1);
    agent_rig_computed(&r, 9, 0, 0, 70);
    agent_rig_lost(&r);
    agent_rig_drain(&r); /* the connection asked for never comes */
    assert_int_equal(agent_rig_wait(&r, AGENT_EXIT, 60000), 2000);
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void a_drain_with_nothing_to_deliver_ends_at_once(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 1);
    agent_rig_lost(&r);
    agent_rig_drain(&r);
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void a_second_signal_ends_at_once(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.grace_ms = 30000;
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 2);
    agent_rig_drain(&r);
    assert_null(agent_rig_effect(&r, AGENT_EXIT));
    agent_rig_drain(&r);
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drain_gives_back_what_is_not_computed_and_waits_for_answers),
        cmocka_unit_test(a_drain_waits_two_seconds_for_answers_and_no_longer),
        cmocka_unit_test(a_drain_with_grace_computes_to_the_end_but_takes_no_more),
        cmocka_unit_test(what_grace_was_not_enough_for_is_given_back),
        cmocka_unit_test(the_coordinator_may_ask_for_a_drain),
        cmocka_unit_test(a_drain_without_a_connection_tries_to_deliver),
        cmocka_unit_test(a_drain_without_a_connection_gives_up_after_two_seconds),
        cmocka_unit_test(a_drain_with_nothing_to_deliver_ends_at_once),
        cmocka_unit_test(a_second_signal_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
