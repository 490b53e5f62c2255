// SPDX-License-Identifier: MIT
/*
 * The programs that a worker offers: what Hello says, what a grant of one assigns, and
 * what follows when one fails.
 */
#include <string.h>

#include "tests/lib/agent_rig.h"

static const struct agent_program two[] = {{"x", 7, 0.5, NULL, NULL},
                                           {"y", 9, 5e6, NULL, NULL}};

static struct agent_config config_with(const struct agent_program *programs, uint32_t n)
{
    struct agent_config config = agent_rig_config();
    config.programs = programs;
    config.n_programs = n;
    return config;
}

/* The next connection, up to its Hello. */
static const struct msg_hello *hello_again(struct agent_rig *r)
{
    agent_rig_step(r, (struct agent_input){.type = AGENT_LOST});
    assert_true(agent_rig_wait(r, AGENT_CONNECT, 2000) >= 0);
    agent_rig_step(r, (struct agent_input){.type = AGENT_CONNECTED});
    return &agent_rig_sent(r, MSG_HELLO)->hello;
}

/* One lease of the program for thread 0. */
static void grant_of(struct agent_rig *r, uint64_t id, const char *program)
{
    static const uint32_t thread = 0, log2 = 16;
    static const uint64_t first = 3 << 16, count = 2 << 16;
    static const uint8_t token[TOKEN_BYTES];
    struct msg m = {.type = MSG_GRANTS};
    m.grants = (struct msg_grants){.seed = 42,
                                   .n = 1,
                                   .grant = &id,
                                   .thread = &thread,
                                   .first = &first,
                                   .count = &count,
                                   .lease_log2 = &log2,
                                   .token = token,
                                   .program = program,
                                   .arg = "p=1",
                                   .score = true};
    agent_rig_message(r, m);
}

static void fail_at(struct agent_rig *r, uint64_t grant)
{
    struct agent_input in = {.type = AGENT_COMPUTED};
    in.computed.grant = grant;
    in.computed.failed = "exited with 3";
    in.computed.said = "a\nb\n";
    agent_rig_step(r, in);
}

static void hello_names_the_programs(void **state)
{
    (void)state;
    struct agent_config config = config_with(two, 2);
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    const struct msg_hello *h = &agent_rig_sent(&r, MSG_HELLO)->hello;
    assert_int_equal(h->n_offers, 2);
    assert_string_equal(h->offer[0], "x");
    assert_string_equal(h->offer[1], "y");
    assert_int_equal(h->offer_test[1], 9);
    assert_true(h->offer_rate[0] == 0.5);
    agent_rig_free(&r);
}

static void a_grant_says_which_program_it_is_of(void **state)
{
    (void)state;
    struct agent_config config = config_with(two, 2);
    struct agent_rig r = agent_rig_joined(&config);
    grant_of(&r, 1, "y");
    const struct agent_effect *e = agent_rig_effect(&r, AGENT_ASSIGN);
    assert_int_equal(e->assign.program, 2);
    assert_string_equal(e->assign.arg, "p=1");
    assert_true(e->assign.score);
    agent_rig_grant(&r, 2, 1, 1);
    assert_int_equal(agent_rig_effect(&r, AGENT_ASSIGN)->assign.program, 0);
    grant_of(&r, 3, "z");
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE)); /* it has never offered that */
    agent_rig_free(&r);
}

static void a_program_that_fails_is_not_offered_any_more(void **state)
{
    (void)state;
    struct agent_config config = config_with(two, 2);
    config.once = true; /* that it comes again is no end */
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 1, 1, 1);
    grant_of(&r, 2, "x");
    grant_of(&r, 3, "y");
    fail_at(&r, 2);
    assert_int_equal(agent_rig_effect(&r, AGENT_UNASSIGN)->assign.grant, 2);
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    assert_string_equal(agent_rig_note(&r, AGENT_EVENT_PROGRAM_FAILED),
                        "x: exited with 3");
    const struct msg_hello *h = hello_again(&r);
    assert_int_equal(h->n_offers, 1);
    assert_string_equal(h->offer[0], "y");
    agent_rig_welcome(&r);
    const struct msg_resume *m = &agent_rig_sent(&r, MSG_RESUME)->resume;
    assert_int_equal(m->n_failed, 1);
    assert_false(m->last);
    assert_string_equal(m->failed[0], "x");
    assert_string_equal(m->failed_why[0], "exited with 3");
    assert_string_equal(m->failed_stderr[0], "a\nb\n");
    uint32_t unanswered, todo;
    agent_counts(r.agent, &unanswered, &todo);
    assert_int_equal(todo, 3); /* one of pi, two of y */
    agent_rig_free(&r);
}

static void it_is_tried_again_after_ten_minutes(void **state)
{
    (void)state;
    struct agent_config config = config_with(two, 1);
    struct agent_rig r = agent_rig_joined(&config);
    grant_of(&r, 2, "x");
    fail_at(&r, 2);
    hello_again(&r);
    agent_rig_welcome(&r);
    int64_t failed_ms = r.now_ms;
    while (!agent_rig_effect(&r, AGENT_TEST) && r.now_ms < failed_ms + 700000) {
        agent_rig_message(&r, (struct msg){.type = MSG_HEARTBEAT});
        agent_rig_tick(&r, r.now_ms + 1000);
    }
    assert_in_range(r.now_ms - failed_ms, AGENT_PROGRAM_MS - 3000,
                    AGENT_PROGRAM_MS + 3000);
    assert_int_equal(agent_rig_effect(&r, AGENT_TEST)->test.program, 1);
    struct agent_input in = {.type = AGENT_TESTED};
    in.tested.program = 1;
    in.tested.test = 8;
    in.tested.rate = 3;
    agent_rig_step(&r, in);
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    const struct msg_hello *h = hello_again(&r);
    assert_int_equal(h->n_offers, 1);
    assert_int_equal(h->offer_test[0], 8);
    agent_rig_free(&r);
}

static void what_did_not_pass_at_the_start_is_told(void **state)
{
    (void)state;
    const struct agent_program bad = {"x", 0, 0, "does not add up", "hm"};
    struct agent_config config = config_with(&bad, 1);
    struct agent_rig r = agent_rig_new(&config);
    agent_rig_step(&r, (struct agent_input){.type = AGENT_CONNECTED});
    assert_int_equal(agent_rig_sent(&r, MSG_HELLO)->hello.n_offers, 0);
    agent_rig_welcome(&r);
    assert_string_equal(agent_rig_sent(&r, MSG_RESUME)->resume.failed_why[0],
                        "does not add up");
    agent_rig_free(&r);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(hello_names_the_programs),
        T(a_grant_says_which_program_it_is_of),
        T(a_program_that_fails_is_not_offered_any_more),
        T(it_is_tried_again_after_ten_minutes),
        T(what_did_not_pass_at_the_start_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
