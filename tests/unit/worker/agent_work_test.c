// SPDX-License-Identifier: MIT
/*
 * The agent's work: grants to threads, results stored until they are answered, over any
 * number of connections, cancellations, heartbeats.
 */
#include "tests/lib/agent_rig.h"

static void a_grant_goes_to_the_queue_of_its_thread(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 2, 5);
    const struct agent_effect *e = agent_rig_effect(&r, AGENT_ASSIGN);
    assert_int_equal(r.did.n, 1);
    assert_int_equal(e->assign.grant, 9);
    assert_int_equal(e->assign.thread, 2);
    assert_int_equal(e->assign.seed, 42);
    assert_int_equal(e->assign.first, UINT64_C(9) << 22);
    assert_int_equal(e->assign.count, 5 << RIG_LOG2);
    assert_int_equal(e->assign.lease_log2, RIG_LOG2);
    assert_int_equal(e->assign.leases, 0x1f);
    agent_rig_expect_counts(&r, 0, 5);
    agent_rig_free(&r);
}

static void a_grant_for_a_thread_that_is_not_there_breaks_the_protocol(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, RIG_THREADS, 1);
    assert_null(agent_rig_effect(&r, AGENT_ASSIGN));
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_expect_counts(&r, 0, 0);
    agent_rig_free(&r);
}

static void a_grant_that_comes_twice_breaks_the_protocol(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 1);
    agent_rig_grant(&r, 9, 0, 1);
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_expect_counts(&r, 0, 1);
    agent_rig_free(&r);
}

static void more_grants_for_a_thread_than_agreed_break_the_protocol(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    for (uint64_t id = 1; id <= THREAD_GRANTS_MAX; id++) {
        agent_rig_grant(&r, id, 1, 1);
        assert_non_null(agent_rig_effect(&r, AGENT_ASSIGN));
    }
    agent_rig_grant(&r, 1000, 0, 1); /* another thread has room */
    assert_non_null(agent_rig_effect(&r, AGENT_ASSIGN));
    agent_rig_grant(&r, 1001, 1, 1);
    assert_non_null(agent_rig_effect(&r, AGENT_CLOSE));
    agent_rig_expect_counts(&r, 0, THREAD_GRANTS_MAX + 1);
    agent_rig_free(&r);
}

static void a_result_is_sent_at_once_with_its_pieces_and_the_threads_rate(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    const uint64_t pieces[] = {10, 20, 30, 40};
    uint64_t hits = 100;
    agent_rig_grant_wide(&r, 9, 0, 2, 18);
    struct agent_input input = agent_rig_result(9, 0, 1, &hits);
    input.computed.pieces = pieces;
    input.computed.n_pieces = 4;
    input.computed.micros = 1 << 18; /* a trial a microsecond */
    agent_rig_step(&r, input);
    const struct msg_results *m = &agent_rig_sent(&r, MSG_RESULTS)->results;
    assert_int_equal(m->n, 1);
    assert_int_equal(m->grant[0], 9);
    assert_int_equal(m->leases[0], 2);
    assert_int_equal(m->rate[0], 1000000);
    assert_int_equal(m->n_hits, 1);
    assert_int_equal(m->hits[0], 100);
    assert_int_equal(m->n_pieces, 4);
    assert_int_equal(m->group_pieces[0], 4);
    assert_memory_equal(m->pieces, pieces, sizeof(pieces));
    agent_rig_free(&r);
}

static void the_rate_ignores_leases_that_took_no_time(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    uint64_t hits = 1;
    agent_rig_grant(&r, 9, 0, 3);
    struct agent_input input = agent_rig_result(9, 0, 0, &hits);
    input.computed.micros = 0;
    agent_rig_step(&r, input);
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.rate[0], 0);
    agent_rig_computed(&r, 9, 0, 1, 1); /* 65,536 trials in 1 ms */
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.rate[0], 65536000);
    input.computed.lease = 2;
    agent_rig_step(&r, input);
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.rate[0], 65536000);
    agent_rig_free(&r);
}

static void the_rate_follows_a_thread_that_slows_down(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    uint64_t hits = 1;
    for (uint64_t id = 1; id <= 2; id++) {
        agent_rig_grant(&r, id, 0, 40);
        for (uint32_t lease = 0; lease < 40; lease++) {
            struct agent_input input = agent_rig_result(id, 0, lease, &hits);
            input.computed.micros = id == 1 ? 65536 : 655360;
            agent_rig_step(&r, input);
        }
        uint64_t expected = id == 1 ? 1000000 : 100000;
        assert_in_range(agent_rig_sent(&r, MSG_RESULTS)->results.rate[0], expected,
                        expected + expected / 100);
    }
    agent_rig_free(&r);
}

static void a_bare_worker_sends_no_pieces(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.bare = true;
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 1);
    agent_rig_computed(&r, 9, 0, 0, 7);
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.n_pieces, 0);
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.hits[0], 7);
    agent_rig_free(&r);
}

static void results_of_one_turn_go_together(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 1, 0, 3);
    agent_rig_grant(&r, 2, 1, 3);
    for (uint64_t i = 0; i < 6; i++) {
        uint64_t hits = 10 + i;
        uint32_t thread = i & 1;
        struct agent_input input =
            agent_rig_result(1 + thread, thread, (uint32_t)i / 2, &hits);
        input.computed.more = i < 5;
        agent_rig_step(&r, input);
        assert_int_equal(r.did.n, i < 5 ? 0 : 1);
    }
    const struct msg_results *m = &agent_rig_sent(&r, MSG_RESULTS)->results;
    const uint64_t hits[] = {10, 12, 14, 11, 13, 15};
    assert_int_equal(m->n, 2);
    assert_int_equal(m->leases[0], 7);
    assert_int_equal(m->leases[1], 7);
    assert_int_equal(m->n_hits, 6);
    assert_memory_equal(m->hits, hits, sizeof(hits));
    assert_memory_equal(m->pieces, hits, sizeof(hits)); /* one piece each */
    agent_rig_free(&r);
}

/* 60 grants of 64 leases of 2^log2 trials, all computed: in how many Results. */
static size_t messages_for_many(uint32_t log2, uint32_t n_pieces)
{
    enum { GRANTS = 60, LEASES = 64 };
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    uint64_t pieces[LEASE_PIECES] = {0}, hits = 7;
    size_t n = 0, n_hits = 0, n_pieces_sent = 0;
    for (uint64_t id = 0; id < GRANTS; id++)
        agent_rig_grant_wide(&r, id, 0, LEASES, log2);
    for (uint32_t i = 0; i < GRANTS * LEASES; i++) {
        struct agent_input input = agent_rig_result(i / LEASES, 0, i % LEASES, &hits);
        input.computed.pieces = pieces;
        input.computed.n_pieces = n_pieces;
        input.computed.more = true;
        agent_rig_step(&r, input);
    }
    agent_rig_message(&r, (struct msg){.type = MSG_HEARTBEAT});
    for (const struct msg *m; (m = agent_rig_sent_at(&r, MSG_RESULTS, n)); n++) {
        assert_in_range(m->results.n, 1, RESULTS_GRANTS_MAX);
        assert_in_range(m->results.n_hits, 1, RESULTS_HITS_MAX);
        assert_in_range(m->results.n_pieces, 1, RESULTS_PIECES_MAX);
        n_hits += m->results.n_hits;
        n_pieces_sent += m->results.n_pieces;
    }
    assert_int_equal(n_hits, GRANTS * LEASES);
    assert_int_equal(n_pieces_sent, n_hits * n_pieces);
    agent_rig_free(&r);
    return n;
}

static void many_results_are_split_so_that_each_message_fits_a_frame(void **state)
{
    (void)state;
    assert_int_equal(messages_for_many(40, 64), 60); /* 4,096 pieces a grant */
    assert_int_equal(messages_for_many(20, 16), 15); /* 1,024 */
    assert_int_equal(messages_for_many(16, 1), 2);   /* 64: the leases are the limit */
}

static void an_answered_lease_is_forgotten_whatever_the_answer(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 4);
    for (uint32_t lease = 0; lease < 4; lease++)
        agent_rig_computed(&r, 9, 0, lease, 7);
    agent_rig_expect_counts(&r, 4, 0);
    uint64_t id = 9, masks[] = {1, 2, 4, 8};
    struct msg m = {.type = MSG_ANSWERS};
    m.answers =
        (struct msg_answers){1, &id, &masks[0], &masks[1], &masks[2], &masks[3]};
    agent_rig_message(&r, m);
    agent_rig_expect_counts(&r, 0, 0);
    agent_rig_grant(&r, 9, 0, 1); /* the grant is forgotten too: its number is free */
    assert_non_null(agent_rig_effect(&r, AGENT_ASSIGN));
    agent_rig_free(&r);
}

static void answers_to_what_is_not_held_or_not_computed_are_ignored(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 2);
    agent_rig_counted(&r, 77, 1);
    agent_rig_counted(&r, 9, UINT64_MAX);
    assert_int_equal(r.did.n, 0);
    agent_rig_expect_counts(&r, 0, 2);
    agent_rig_free(&r);
}

static void a_reconnected_worker_lists_what_it_holds_and_sends_results_again(void **s)
{
    (void)s;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    assert_int_equal(agent_rig_sent(&r, MSG_RESUME)->resume.n, 0);
    assert_true(agent_rig_sent(&r, MSG_RESUME)->resume.last);
    agent_rig_grant(&r, 8, 3, 1);
    agent_rig_grant(&r, 9, 2, 3);
    agent_rig_computed(&r, 9, 2, 0, 70);
    agent_rig_computed(&r, 9, 2, 1, 71);
    agent_rig_counted(&r, 9, 1);
    for (int again = 0; again < 3; again++) {
        agent_rig_rejoin(&r);
        const struct msg_resume *m = &agent_rig_sent(&r, MSG_RESUME)->resume;
        assert_int_equal(m->n, 2);
        assert_true(m->last);
        assert_int_equal(m->grant[1], 9);
        assert_int_equal(m->thread[1], 2);
        assert_int_equal(m->first[1], UINT64_C(9) << 22);
        assert_int_equal(m->count[1], 3 << RIG_LOG2);
        assert_int_equal(m->lease_log2[1], RIG_LOG2);
        assert_int_equal(m->job[UID_BYTES], 5);
        assert_int_equal(m->token[TOKEN_BYTES], 9);
        assert_int_equal(m->computing[0], 1);
        assert_int_equal(m->unanswered[0], 0);
        assert_int_equal(m->computing[1], 4);
        assert_int_equal(m->unanswered[1], 2);
        const struct msg_results *results = &agent_rig_sent(&r, MSG_RESULTS)->results;
        assert_int_equal(results->n_hits, 1);
        assert_int_equal(results->hits[0], 71);
        assert_int_equal(results->leases[0], 2);
    }
    agent_rig_free(&r);
}

static void what_is_computed_while_nobody_listens_is_sent_at_the_next_welcome(void **s)
{
    (void)s;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 0, 2);
    agent_rig_lost(&r);
    assert_null(agent_rig_effect(&r, AGENT_UNASSIGN)); /* threads go on */
    agent_rig_computed(&r, 9, 0, 0, 70);
    assert_null(agent_rig_sent(&r, MSG_RESULTS));
    agent_rig_wait(&r, AGENT_CONNECT, 500);
    agent_rig_computed(&r, 9, 0, 1, 71);
    agent_rig_join(&r);
    assert_int_equal(agent_rig_sent(&r, MSG_RESULTS)->results.n_hits, 2);
    agent_rig_expect_counts(&r, 2, 0);
    agent_rig_free(&r);
}

static void resume_takes_as_many_frames_as_it_needs(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    config.threads = 30;
    struct agent_rig r = agent_rig_joined(&config);
    for (uint64_t id = 0; id < 1500; id++)
        agent_rig_grant(&r, id, (uint32_t)(id / 50), 1);
    agent_rig_rejoin(&r);
    const size_t n[] = {700, 700, 100};
    for (size_t i = 0; i < 3; i++) {
        const struct msg_resume *m = &agent_rig_sent_at(&r, MSG_RESUME, i)->resume;
        assert_int_equal(m->n, n[i]);
        assert_int_equal(m->grant[0], i * 700);
        assert_int_equal(m->last, i == 2);
    }
    assert_null(agent_rig_sent_at(&r, MSG_RESUME, 3));
    agent_rig_free(&r);
}

static void cancelled_leases_are_taken_out_and_forgotten(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 9, 1, 4);
    agent_rig_computed(&r, 9, 1, 0, 70);
    agent_rig_cancel(&r, 9, 3); /* one that is computed, one that is not */
    const struct agent_effect *e = agent_rig_effect(&r, AGENT_UNASSIGN);
    assert_int_equal(r.did.n, 1);
    assert_int_equal(e->assign.grant, 9);
    assert_int_equal(e->assign.thread, 1);
    assert_int_equal(e->assign.leases, 2);
    agent_rig_expect_counts(&r, 0, 2);
    agent_rig_computed(&r, 9, 1, 1, 71); /* it was done at that very moment */
    assert_int_equal(r.did.n, 0);
    agent_rig_cancel(&r, 77, 1);
    assert_int_equal(r.did.n, 0);
    agent_rig_rejoin(&r);
    assert_null(agent_rig_sent(&r, MSG_RESULTS));
    assert_int_equal(agent_rig_sent(&r, MSG_RESUME)->resume.computing[0], 12);
    agent_rig_free(&r);
}

static void a_cancelled_computation_is_no_result(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    uint64_t hits = 3;
    agent_rig_grant(&r, 9, 1, 1);
    agent_rig_cancel(&r, 9, 1);
    agent_rig_grant(&r, 9, 1, 1); /* granted again before the thread has stopped */
    struct agent_input input = agent_rig_result(9, 1, 0, &hits);
    input.computed.cancelled = true;
    agent_rig_step(&r, input);
    assert_null(agent_rig_sent(&r, MSG_RESULTS));
    agent_rig_expect_counts(&r, 0, 1);
    agent_rig_free(&r);
}

static void a_heartbeat_names_what_each_busy_thread_computes(void **state)
{
    (void)state;
    struct agent_config config = agent_rig_config();
    struct agent_rig r = agent_rig_joined(&config);
    agent_rig_grant(&r, 7, 1, 1);
    agent_rig_grant(&r, 8, 1, 3);
    agent_rig_grant(&r, 9, 3, 3);
    agent_rig_computed(&r, 7, 1, 0, 1); /* done, although not answered */
    agent_rig_computed(&r, 9, 3, 0, 1);
    agent_rig_wait(&r, AGENT_SEND, 2000);
    const struct msg_heartbeat *m = &agent_rig_sent(&r, MSG_HEARTBEAT)->heartbeat;
    assert_int_equal(m->n, 2);
    assert_int_equal(m->grant[0], 8);
    assert_int_equal(m->lease[0], 0);
    assert_int_equal(m->grant[1], 9);
    assert_int_equal(m->lease[1], 1);
    agent_rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grant_goes_to_the_queue_of_its_thread),
        cmocka_unit_test(a_grant_for_a_thread_that_is_not_there_breaks_the_protocol),
        cmocka_unit_test(a_grant_that_comes_twice_breaks_the_protocol),
        cmocka_unit_test(more_grants_for_a_thread_than_agreed_break_the_protocol),
        cmocka_unit_test(a_result_is_sent_at_once_with_its_pieces_and_the_threads_rate),
        cmocka_unit_test(the_rate_ignores_leases_that_took_no_time),
        cmocka_unit_test(the_rate_follows_a_thread_that_slows_down),
        cmocka_unit_test(a_bare_worker_sends_no_pieces),
        cmocka_unit_test(results_of_one_turn_go_together),
        cmocka_unit_test(many_results_are_split_so_that_each_message_fits_a_frame),
        cmocka_unit_test(an_answered_lease_is_forgotten_whatever_the_answer),
        cmocka_unit_test(answers_to_what_is_not_held_or_not_computed_are_ignored),
        cmocka_unit_test(
            a_reconnected_worker_lists_what_it_holds_and_sends_results_again),
        cmocka_unit_test(
            what_is_computed_while_nobody_listens_is_sent_at_the_next_welcome),
        cmocka_unit_test(resume_takes_as_many_frames_as_it_needs),
        cmocka_unit_test(cancelled_leases_are_taken_out_and_forgotten),
        cmocka_unit_test(a_cancelled_computation_is_no_result),
        cmocka_unit_test(a_heartbeat_names_what_each_busy_thread_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
