// SPDX-License-Identifier: MIT
/*
 * The agent's connection and timeouts: when it connects; refusals, peers that are not a
 * picoord, and silence; when it gives up.  agent_work_test.c and agent_leave_test.c
 * have the rest.
 */
#include "common/wire/limits.h"
#include "tests/lib/agent_rig.h"

static void the_first_step_asks_for_a_connection_and_says_hello(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.proof = (const uint8_t *)"proof";
    config.proof_bytes = 5;
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    const struct msg_hello *h = &agent_rig_sent(&r, MSG_HELLO)->hello;
    assert_int_equal(r.did.n, 1);
    assert_int_equal(h->protocol_min, 1);
    assert_int_equal(h->protocol_max, 1);
    assert_string_equal(h->program, "piworker");
    assert_string_equal(h->name, "lab-03");
    assert_string_equal(h->kernel, "scalar");
    assert_int_equal(h->role, ROLE_WORKER);
    assert_int_equal(h->threads, RIG_THREADS);
    assert_int_equal(h->proof_bytes, 5);
    assert_memory_equal(h->secret, config.secret, UID_BYTES);
    agent_rig_free(&r);
}

static void failures_are_retried_ever_less_often_up_to_30_seconds(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    int64_t base = 500;
    for (int i = 0; i < 12; i++) {
        agent_rig_failed(&r);
        int64_t ms = agent_rig_wait(&r, AGENT_CONNECT, 60000);
        assert_in_range(ms, base * 3 / 4, base * 5 / 4);
        base = base * 2 > 30000 ? 30000 : base * 2;
    }
    agent_rig_free(&r);
}

static void a_failure_of_one_kind_is_noted_once(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_failed(&r);
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_RETRY), "refused");
    agent_rig_wait(&r, AGENT_CONNECT, 60000);
    agent_rig_failed(&r);
    assert_null(agent_rig_note(&r, AGENT_EVENT_RETRY));
    agent_rig_wait(&r, AGENT_CONNECT, 60000);
    agent_rig_step(&r,
                   (struct agent_input){.type = AGENT_FAILED, .text = "no such name"});
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_RETRY), "no such name");
    agent_rig_free(&r);
}

static void a_lost_connection_is_retried_within_half_a_second(void **state)
{
    (void)state;
    for (uint8_t seed = 0; seed < 50; seed++) {
        struct agent_config config = agent_rig_config();
        config.random[0] = seed;
        struct agent_rig r = agent_rig_new(&config);
        agent_rig_failed(&r); /* earlier failures are forgotten */
        agent_rig_wait(&r, AGENT_CONNECT, 60000);
        agent_rig_failed(&r);
        agent_rig_wait(&r, AGENT_CONNECT, 60000);
        agent_rig_join(&r);
        agent_rig_lost(&r);
        assert_string_equal(agent_rig_note(&r, AGENT_EVENT_DISCONNECTED), "closed");
        assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 1, 500);
        agent_rig_free(&r);
    }
}

static void once_means_leaving_when_the_connection_ends(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.once = true;
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_lost(&r);
    agent_rig_expect_exit(&r, 0);
    agent_rig_free(&r);
}

static void once_and_never_reached_is_status_3_with_the_reason(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.once = true;
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_failed(&r);
    agent_rig_expect_exit(&r, 3);
    assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text, "refused");
    agent_rig_free(&r);
}

static void heartbeats_go_out_at_the_pace_of_welcome(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(agent_rig_wait(&r, AGENT_SEND, 60000), 2000);
        assert_int_equal(agent_rig_sent(&r, MSG_HEARTBEAT)->heartbeat.n, 0);
        agent_rig_message(&r, (struct msg){.type = MSG_HEARTBEAT});
        assert_int_equal(r.did.n, 0);
    }
    agent_rig_free(&r);
}

static void a_silent_coordinator_is_hung_up_on_after_6_seconds(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    r.now_ms += 1500;
    agent_rig_message(&r, (struct msg){.type = MSG_HEARTBEAT});
    assert_int_equal(agent_rig_wait(&r, AGENT_CLOSE, 60000), 6000);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_LOST});
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_DISCONNECTED),
                        "silent for 6.0 s");
    assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 1, 500);
    agent_rig_free(&r);
}

static void a_hello_without_an_answer_is_given_up_after_6_seconds(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    assert_int_equal(agent_rig_wait(&r, AGENT_CLOSE, 60000), 6000);
    agent_rig_lost(&r);
    assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 375, 625);
    agent_rig_free(&r);
}

static void a_late_step_moves_every_deadline_by_the_lateness(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    /* Stopped for an hour: silence is not judged by the time that did not pass here. */
    agent_rig_tick(&r, r.did.deadline_ms + 3600000);
    assert_non_null(agent_rig_sent(&r, MSG_HEARTBEAT));
    assert_null(agent_rig_effect(&r, AGENT_CLOSE));
    assert_int_equal(agent_rig_wait(&r, AGENT_CLOSE, 60000), 4000);
    agent_rig_free(&r);
}

static void a_step_that_is_a_little_late_moves_nothing(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_tick(&r, r.did.deadline_ms + LATE_MS);
    assert_int_equal(agent_rig_wait(&r, AGENT_CLOSE, 60000), 3000);
    agent_rig_free(&r);
}

static struct msg refusal(enum refusal_code code)
{
    struct msg m = {.type = MSG_REFUSAL};
    m.refusal = (struct msg_refusal){code, "wrong token", "ask for it", 1, 1};
    return m;
}

static void a_refusal_ends_the_worker_with_status_4_and_both_sentences(void **state)
{
    (void)state;
    const enum refusal_code codes[] = {
        REFUSAL_PROTOCOL,  REFUSAL_TOKEN,    REFUSAL_PLAINTEXT, REFUSAL_BANNED,
        REFUSAL_MALFORMED, REFUSAL_REPLACED, REFUSAL_ROLE,      REFUSAL_KERNEL,
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct agent_config config = agent_rig_config();
        struct agent_rig r = agent_rig_new(&config);
        agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
        agent_rig_message(&r, refusal(codes[i]));
        agent_rig_expect_exit(&r, 4);
        assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text,
                            "refused this worker: wrong token");
        assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.hint, "ask for it");
        assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
        agent_rig_free(&r);
    }
}

/* Whoever is older is told so, on this side too. */
static void versions_that_do_not_meet_are_told_in_one_sentence(void **state)
{
    (void)state;
    static const struct {
        uint32_t min, max;
        const char *text;
    } cases[] = {
        {4, 4, "speaks protocol 4, this piworker 0.1.0 speaks 1"},
        {2, 3, "speaks protocol 2 to 3, this piworker 0.1.0 speaks 1"},
        {1, 1, "refused this worker: wrong token"}, /* that is not why, then */
        {0, 0, "refused this worker: wrong token"}, /* it does not say */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct agent_config config = agent_rig_config();
        struct agent_rig r = agent_rig_new(&config);
        struct msg m = refusal(REFUSAL_PROTOCOL);
        m.refusal.protocol_min = cases[i].min;
        m.refusal.protocol_max = cases[i].max;
        agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
        agent_rig_message(&r, m);
        agent_rig_expect_exit(&r, 4);
        assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text, cases[i].text);
        assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.hint, "ask for it");
        agent_rig_free(&r);
    }
}

static void a_full_coordinator_or_an_unknown_refusal_is_tried_again(void **state)
{
    (void)state;
    const enum refusal_code codes[] = {REFUSAL_FULL, (enum refusal_code)0};
    for (int i = 0; i < 2; i++) {
        struct agent_config config = agent_rig_config();
        struct agent_rig r = agent_rig_new(&config);
        agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
        agent_rig_message(&r, refusal(codes[i]));
        assert_null(agent_rig_effect(&r, AGENT_EXIT));
        assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
        agent_rig_lost(&r);
        assert_string_equal(agent_rig_note(&r, AGENT_EVENT_RETRY), "wrong token");
        assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 375, 625);
        agent_rig_free(&r);
    }
}

static void goodbye_of_the_coordinator_is_a_reason_to_come_back(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    struct msg bye = {.type = MSG_BYE, .bye = {"shutting down"}};
    agent_rig_message(&r, bye);
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_lost(&r);
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_DISCONNECTED), "shutting down");
    assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 1, 500);
    agent_rig_free(&r);
}

static void a_stranger_at_the_first_try_is_status_4(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    agent_rig_step(&r, (struct agent_input){.type = AGENT_BAD,
                                            .bad = {CONN_MALFORMED, "an empty frame"}});
    agent_rig_expect_exit(&r, 4);
    assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text,
                        "is not a picoord (an empty frame)");
    agent_rig_free(&r);
}

static void a_phrase_that_says_what_a_stranger_is_stays_as_it_is(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    agent_rig_step(
        &r, (struct agent_input){.type = AGENT_BAD,
                                 .bad = {CONN_NOT_PICOORD, "is not a picoord (SSH)"}});
    agent_rig_expect_exit(&r, 4);
    assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text,
                        "is not a picoord (SSH)");
    agent_rig_free(&r);
}

static void a_stranger_at_a_later_try_is_tried_again(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_lost(&r);
    agent_rig_wait(&r, AGENT_CONNECT, 500);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    agent_rig_step(&r, (struct agent_input){.type = AGENT_BAD,
                                            .bad = {CONN_MALFORMED, "an empty frame"}});
    assert_null(agent_rig_effect(&r, AGENT_EXIT));
    agent_rig_lost(&r);
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_RETRY), "an empty frame");
    assert_true(agent_rig_wait(&r, AGENT_CONNECT, 60000) > 0);
    agent_rig_free(&r);
}

static void another_key_at_the_first_try_is_status_4(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r,
                   (struct agent_input){.type = AGENT_BAD,
                                        .bad = {CONN_OTHER_KEY, "shows another key"}});
    agent_rig_expect_exit(&r, 4);
    assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text,
                        "shows another key");
    agent_rig_free(&r);
}

static void another_key_at_a_later_try_is_tried_again(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_lost(&r);
    agent_rig_wait(&r, AGENT_CONNECT, 500);
    agent_rig_step(&r,
                   (struct agent_input){.type = AGENT_BAD,
                                        .bad = {CONN_OTHER_KEY, "shows another key"}});
    assert_null(agent_rig_effect(&r, AGENT_EXIT));
    agent_rig_step(
        &r, (struct agent_input){.type = AGENT_FAILED, .text = "shows another key"});
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_RETRY), "shows another key");
    assert_true(agent_rig_wait(&r, AGENT_CONNECT, 60000) > 0);
    agent_rig_free(&r);
}

static void a_message_out_of_turn_breaks_the_connection_off(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    agent_rig_message(&r, (struct msg){.type = MSG_HEARTBEAT});
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_lost(&r);
    agent_rig_wait(&r, AGENT_CONNECT, 60000);
    agent_rig_join(&r);
    agent_rig_welcome(&r); /* twice */
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_lost(
        &r); /* a fault that may come again: not at once, although welcomed */
    assert_in_range(agent_rig_wait(&r, AGENT_CONNECT, 60000), 750, 1250);
    agent_rig_free(&r);
}

static void a_protocol_that_was_not_offered_is_status_4(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_new(&config);
    struct msg m = {.type = MSG_WELCOME};
    m.welcome = (struct msg_welcome){4, "9.0", 2000, 6000, 1, "x"};
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    agent_rig_message(&r, m);
    agent_rig_expect_exit(&r, 4);
    assert_string_equal(agent_rig_effect(&r, AGENT_EXIT)->exit.text,
                        "speaks protocol 4, this piworker 0.1.0 speaks 1");
    agent_rig_free(&r);
}

static void an_idle_worker_leaves_when_it_was_told_so(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.exit_when_idle_ms = 5000;
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 1, 0, 1);
    assert_int_equal(agent_rig_wait(&r, AGENT_EXIT, 5900), -1); /* work is held */
    agent_rig_message(&r, (struct msg){.type = MSG_HEARTBEAT});
    agent_rig_computed(&r, 1, 0, 0, 7);
    agent_rig_counted(&r, 1, 1);
    assert_int_equal(agent_rig_wait(&r, AGENT_EXIT, 60000), 5000);
    agent_rig_expect_exit(&r, 0);
    assert_non_null(agent_rig_sent(&r, MSG_BYE));
    agent_rig_free(&r);
}

static void idle_time_counts_without_a_coordinator_too(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.exit_when_idle_ms = 5000;
    struct agent_rig r = agent_rig_new(&config);
    assert_int_equal(agent_rig_wait(&r, AGENT_EXIT, 60000), 5000);
    agent_rig_expect_exit(&r, 3); /* it has never got in */
    agent_rig_free(&r);
}

/* Of 2,000 workers, how many die within their first minute. */
static int deaths(double volatility)
{
    int dead = 0;
    for (int i = 0; i < 2000; i++) {
        struct agent_config config = agent_rig_config();
        config.volatility = volatility;
        config.random[8] = (uint8_t)i;
        config.random[9] = (uint8_t)(i >> 8);
        struct agent_rig r = agent_rig_new(&config);
        dead += agent_rig_wait(&r, AGENT_DIE, 60000) >= 0;
        agent_rig_free(&r);
    }
    return dead;
}

static void volatility_is_the_chance_of_death_a_minute(void **state)
{
    (void)state;
    assert_int_equal(deaths(0), 0);
    assert_in_range(deaths(0.2), 400 - 90, 400 + 90); /* five standard deviations */
    assert_int_equal(deaths(1), 2000);
}

static void one_that_has_left_does_nothing_more(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_drain(&r);
    agent_rig_expect_exit(&r, 0);
    agent_rig_lost(&r);
    assert_int_equal(r.did.n, 0);
    agent_rig_drain(&r);
    assert_int_equal(r.did.n, 0);
    assert_int_equal(agent_rig_wait(&r, AGENT_CONNECT, 600000), -1);
    agent_rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_step_asks_for_a_connection_and_says_hello),
        cmocka_unit_test(failures_are_retried_ever_less_often_up_to_30_seconds),
        cmocka_unit_test(a_failure_of_one_kind_is_noted_once),
        cmocka_unit_test(a_lost_connection_is_retried_within_half_a_second),
        cmocka_unit_test(once_means_leaving_when_the_connection_ends),
        cmocka_unit_test(once_and_never_reached_is_status_3_with_the_reason),
        cmocka_unit_test(heartbeats_go_out_at_the_pace_of_welcome),
        cmocka_unit_test(a_silent_coordinator_is_hung_up_on_after_6_seconds),
        cmocka_unit_test(a_hello_without_an_answer_is_given_up_after_6_seconds),
        cmocka_unit_test(a_late_step_moves_every_deadline_by_the_lateness),
        cmocka_unit_test(a_step_that_is_a_little_late_moves_nothing),
        cmocka_unit_test(a_refusal_ends_the_worker_with_status_4_and_both_sentences),
        cmocka_unit_test(versions_that_do_not_meet_are_told_in_one_sentence),
        cmocka_unit_test(a_full_coordinator_or_an_unknown_refusal_is_tried_again),
        cmocka_unit_test(goodbye_of_the_coordinator_is_a_reason_to_come_back),
        cmocka_unit_test(a_stranger_at_the_first_try_is_status_4),
        cmocka_unit_test(a_phrase_that_says_what_a_stranger_is_stays_as_it_is),
        cmocka_unit_test(a_stranger_at_a_later_try_is_tried_again),
        cmocka_unit_test(another_key_at_the_first_try_is_status_4),
        cmocka_unit_test(another_key_at_a_later_try_is_tried_again),
        cmocka_unit_test(a_message_out_of_turn_breaks_the_connection_off),
        cmocka_unit_test(a_protocol_that_was_not_offered_is_status_4),
        cmocka_unit_test(an_idle_worker_leaves_when_it_was_told_so),
        cmocka_unit_test(idle_time_counts_without_a_coordinator_too),
        cmocka_unit_test(volatility_is_the_chance_of_death_a_minute),
        cmocka_unit_test(one_that_has_left_does_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
