// SPDX-License-Identifier: MIT
/*
 * Connections and workers: welcomes and refusals, names, silence, leaving, being
 * drained or evicted.
 */
#include <stdio.h>

#include "common/base/map.h"
#include "common/kernel/kernel.h"
#include "tests/lib/coord_fleet.h"

enum { REFUSED_KNOWN_MS = 60001 };

static const struct msg_refusal *refused(const struct rig *r, conn_id conn)
{
    const struct msg *m = rig_sent(r, conn, MSG_REFUSAL);
    assert_non_null(m);
    assert_true(rig_closed(r, conn));
    assert_string_equal(rig_note(r, EVENT_PEER_REFUSED)->refused.reason,
                        m->refusal.sentence);
    return &m->refusal;
}

static void expect_refused(const struct rig *r, conn_id conn, enum refusal_code code)
{
    assert_int_equal(refused(r, conn)->code, code);
}

/* ---- Hello ---- */

static void another_protocol_is_refused_with_a_sentence_that_says_both(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_connect(r);
    struct msg hello = rig_hello(ROLE_WORKER, "lab", 1, 1);
    hello.hello.protocol_min = 2;
    hello.hello.protocol_max = 3;
    hello.hello.version = "9.1.0";
    rig_message(r, a, hello);
    const struct msg_refusal *no = refused(r, a);
    assert_int_equal(no->code, REFUSAL_PROTOCOL);
    assert_string_equal(
        no->sentence,
        "picoord 0.1.0 speaks protocol 1, this piworker 9.1.0 speaks 2 to 3");
    assert_string_equal(no->hint, "upgrade the coordinator to 9.1.0 or later");
    assert_int_equal(no->protocol_min, 1);
    assert_int_equal(no->protocol_max, 1);
    a = rig_connect(r);
    hello.hello.protocol_min = hello.hello.protocol_max = 0;
    rig_message(r, a, hello);
    assert_string_equal(refused(r, a)->hint, "upgrade this piworker to 0.1.0 or later");

    /* The version of another's program says nothing about ours. */
    hello.hello.program = "probe";
    a = rig_connect(r);
    rig_message(r, a, hello);
    assert_string_equal(refused(r, a)->hint, "upgrade this probe");
    hello.hello.protocol_min = hello.hello.protocol_max = 2;
    a = rig_connect(r);
    rig_message(r, a, hello);
    assert_string_equal(refused(r, a)->hint, "upgrade the coordinator");
    rig_free(r);
}

static void refused_workers_are_the_reason_why_nothing_moves(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    assert_string_equal(rig_view(r, job).reason, "no workers attached");
    conn_id a = rig_connect(r);
    struct msg hello = rig_hello(ROLE_WORKER, "lab", 1, 1);
    hello.hello.protocol_min = hello.hello.protocol_max = 2;
    rig_message(r, a, hello);
    conn_id o = rig_connect(r); /* one that is no worker */
    hello.hello.role = ROLE_OPERATOR;
    rig_message(r, o, hello);
    assert_string_equal(rig_view(r, job).reason,
                        "no workers attached, 1 refused: picoord 0.1.0 speaks "
                        "protocol 1, this piworker 0.1.0 speaks 2");
    rig_wait(r, REFUSED_KNOWN_MS);
    assert_string_equal(rig_view(r, job).reason, "no workers attached");
    rig_free(r);
}

static void the_first_message_must_be_a_hello(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_connect(r);
    rig_beat(r, a);
    expect_refused(r, a, REFUSAL_MALFORMED);
    rig_message(r, a, rig_hello(ROLE_WORKER, "lab", 1, 1)); /* too late */
    assert_int_equal(r->did.n, 0);
    rig_lost(r, a);
    rig_beat(r, a); /* of a connection that is no longer */
    assert_int_equal(r->did.n, 0);
    rig_free(r);
}

static void who_counts_the_test_range_wrong_is_turned_away(void **state)
{
    (void)state;
    const uint64_t fine[] = {0, KERNEL_TEST_HITS}; /* nothing is said; right */
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_hello(ROLE_WORKER, "lab", 1, 1);
    conn_id a = rig_connect(r);
    m.hello.kernel = "avx2";
    m.hello.test_hits = KERNEL_TEST_HITS + 1;
    rig_message(r, a, m);
    assert_string_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.sentence,
                        "the kernel 'avx2' of this worker counts wrong: 51383 hits in "
                        "the test range, which has 51382");
    expect_refused(r, a, REFUSAL_KERNEL);
    for (size_t i = 0; i < 2; i++) {
        m = rig_hello(ROLE_WORKER, "lab", 2 + i, 1);
        m.hello.test_hits = fine[i];
        a = rig_connect(r);
        rig_message(r, a, m);
        assert_non_null(rig_sent(r, a, MSG_WELCOME));
    }
    rig_free(r);
}

static void nobody_may_send_what_is_not_of_his_role(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1);
    rig_message(r, a, rig_request(REQUEST_STATUS, 0));
    expect_refused(r, a, REFUSAL_ROLE);
    conn_id b = rig_join(r, 2);
    rig_message(r, b, rig_hello(ROLE_WORKER, "lab", 2, 1)); /* once is enough */
    expect_refused(r, b, REFUSAL_ROLE);
    conn_id o = rig_connect(r);
    rig_message(r, o, rig_hello(ROLE_OPERATOR, "", 0, 0));
    assert_non_null(rig_sent(r, o, MSG_WELCOME));
    rig_message(r, o, (struct msg){.type = MSG_RESULTS});
    expect_refused(r, o, REFUSAL_ROLE);
    rig_free(r);
}

static void a_heartbeat_is_answered(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1);
    rig_beat(r, a);
    assert_non_null(rig_sent(r, a, MSG_HEARTBEAT));
    rig_free(r);
}

/* ---- names ---- */

static const char *join_as(struct rig *r, uint64_t id, const char *name)
{
    static char given[NAME_BYTES + 1];
    conn_id conn = rig_connect(r);
    rig_message(r, conn, rig_hello(ROLE_WORKER, name, id, 1));
    snprintf(given, sizeof(given), "%s", rig_sent(r, conn, MSG_WELCOME)->welcome.name);
    return given;
}

static void names_are_made_unique_by_a_suffix(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    const char *long_name = "abcdefghijklmnopqrstuvwxyz012345";
    assert_string_equal(join_as(r, 1, "lab"), "lab");
    assert_string_equal(join_as(r, 2, "lab"), "lab-2");
    assert_string_equal(join_as(r, 3, "lab-2"), "lab-2-2");
    assert_string_equal(join_as(r, 4, "lab"), "lab-3");
    assert_string_equal(join_as(r, 5, long_name), long_name);
    assert_string_equal(join_as(r, 6, long_name), "abcdefghijklmnopqrstuvwxyz0123-2");
    assert_string_equal(join_as(r, 1, "other"), "lab"); /* the same worker */
    rig_free(r);
}

/* And few words are spent on it: beyond a few dozen the suffix is of the id. */
static void a_thousand_of_one_name_have_a_thousand_names(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct map names = {0};
    for (uint64_t id = 1; id <= 1000; id++) {
        uint64_t hash = 0;
        for (const char *s = join_as(r, id, "lab"); *s; s++)
            hash = rng_mix(hash ^ (unsigned char)*s);
        assert_null(map_get(&names, hash));
        map_put(&names, hash, r);
    }
    map_release(&names);
    rig_free(r);
}

/* ---- the same secret twice ---- */

static void a_new_connection_of_a_worker_replaces_the_old_one(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 2 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    conn_id b = rig_connect(r);
    rig_message(r, b, rig_hello(ROLE_WORKER, "lab", 1, 1));
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_REPLACED);
    assert_true(rig_closed(r, a));
    rig_resume(r, b, list, 1);
    assert_int_equal(rig_note(r, EVENT_WORKER_RESUMED)->arrival.ranges, 1);
    rig_report(r, rig_held(r, a), 1); /* the old one is heard no longer */
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 0);
    rig_lost(r, a); /* takes nothing from the new one */
    assert_null(rig_note(r, EVENT_WORKER_LOST));
    rig_report(r, &mine, 1);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_free(r);
}

/* ---- silence ---- */

static void a_worker_is_lost_after_six_seconds_without_a_byte(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 2 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    int64_t start_ms = r->now_ms;
    r->beats[a] = false;
    rig_wait(r, 5999);
    assert_false(rig_closed(r, a));
    rig_tick(r, start_ms + 6000);
    assert_true(rig_closed(r, a));
    const struct event *n = rig_note(r, EVENT_WORKER_LOST);
    assert_string_equal(n->departure.reason, "silent for 6 s");
    const struct msg *bye = rig_sent(r, a, MSG_BYE);
    assert_non_null(bye);
    assert_string_equal(bye->bye.reason,
                        "silent for 6 s: a worker sends Heartbeat every 2 s");
    assert_int_equal(n->departure.ranges, 1);
    assert_int_equal(n->departure.trials, UNIT);
    assert_false(rig_closed(r, b));
    rig_free(r);
}

static conn_id welcomed(struct rig *r, uint64_t id)
{
    conn_id conn = rig_connect(r);
    rig_message(r, conn, rig_hello(ROLE_WORKER, "lab", id, 1));
    assert_non_null(rig_sent(r, conn, MSG_WELCOME));
    r->beats[conn] = true;
    return conn;
}

/* A heartbeat is no Resume. */
static void who_never_resumes_is_told_so(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 2 * UNIT);
    int64_t start_ms = r->now_ms;
    conn_id a = welcomed(r, 1);
    rig_wait(r, 4999);
    assert_false(rig_closed(r, a));
    rig_tick(r, start_ms + 5000);
    const struct msg *no = rig_sent(r, a, MSG_REFUSAL);
    assert_non_null(no);
    assert_int_equal(no->refusal.code, REFUSAL_MALFORMED);
    assert_string_equal(no->refusal.sentence, "no end of Resume within 5 s");
    assert_string_equal(no->refusal.hint, "a worker that holds nothing sends an empty "
                                          "Resume with last = true");
    assert_true(rig_closed(r, a));
    rig_free(r);
}

static void each_part_of_a_resume_has_its_time(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    int64_t start_ms = r->now_ms;
    conn_id a = welcomed(r, 1);
    struct msg part = {.type = MSG_RESUME};
    rig_wait(r, 4000);
    rig_message(r, a, part);
    rig_wait(r, 4000);
    rig_message(r, a, part);
    rig_wait(r, 4999);
    assert_false(rig_closed(r, a));
    rig_tick(r, start_ms + 13000);
    assert_true(rig_closed(r, a));
    conn_id b = welcomed(r, 2);
    part.resume.last = true;
    rig_message(r, b, part);
    rig_wait(r, 20000);
    assert_false(rig_closed(r, b));
    rig_free(r);
}

/* Of one that says nothing the network may be slow: it is told to come again. */
static void who_has_said_nothing_is_not_refused(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    int64_t start_ms = r->now_ms;
    conn_id a = welcomed(r, 1);
    r->beats[a] = false;
    rig_wait(r, 5999);
    assert_false(rig_closed(r, a));
    rig_tick(r, start_ms + 6000);
    assert_null(rig_sent(r, a, MSG_REFUSAL));
    assert_non_null(rig_sent(r, a, MSG_BYE));
    assert_true(rig_closed(r, a));
    rig_free(r);
}

static void any_message_breaks_the_silence(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1);
    for (int i = 0; i < 10; i++) {
        rig_wait(r, 5000);
        rig_beat(r, a);
        assert_false(rig_closed(r, a));
    }
    rig_free(r);
}

/* A worker that was heard in the turn before the tick must not be lost by it. */
static void silence_is_judged_by_a_tick_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1);
    int64_t start_ms = r->now_ms;
    r->beats[a] = false;
    rig_wait(r, 5999);
    r->now_ms = start_ms + 6500;
    rig_beat(r, a);
    rig_tick(r, r->now_ms);
    assert_false(rig_closed(r, a));
    rig_free(r);
}

/* The process was stopped, or the machine slept: nobody could have been heard. */
static void a_late_tick_moves_all_deadlines(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 2 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    r->beats[a] = false;
    rig_wait(r, 3000);
    int64_t late_ms = 3600000;
    rig_tick(r, r->did.deadline_ms + late_ms);
    assert_int_equal(rig_note(r, EVENT_CLOCK_LATE)->late_ms, late_ms);
    assert_false(rig_closed(r, a));
    rig_wait(r, 1900);
    assert_false(rig_closed(r, a));
    rig_wait(r, 1100);
    assert_string_equal(rig_view(r, 1).reason, "no workers attached");
    rig_free(r);
}

static void a_tick_that_is_a_little_late_moves_none(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1);
    int64_t start_ms = r->now_ms;
    r->beats[a] = false;
    while (r->now_ms < start_ms + 6000) {
        rig_tick(r, r->did.deadline_ms + 999);
        assert_null(rig_note(r, EVENT_CLOCK_LATE));
    }
    assert_true(rig_closed(r, a));
    rig_free(r);
}

/* ---- leaving ---- */

static enum worker_state state_of(struct rig *r, uint64_t id)
{
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_WORKERS, 0));
    const struct msg_reply *list = rig_reply(r);
    for (size_t i = 0; i < list->workers.n; i++)
        if (list->workers.workers[i].id == id)
            return list->workers.workers[i].state;
    return 0;
}

static void each_state_of_a_worker_is_shown(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    assert_int_equal(state_of(r, 1), WORKER_IDLE);
    rig_job(r, UNIT);
    rig_settle(r);
    assert_int_equal(state_of(r, 1), WORKER_BUSY);
    assert_int_equal(state_of(r, 2), WORKER_IDLE);
    r->beats[b] = false;
    rig_wait(r, 3500);
    assert_int_equal(state_of(r, 2), WORKER_SILENT);
    struct msg drain = rig_request(REQUEST_DRAIN, 0);
    drain.request.worker = "0000000000000001";
    rig_message(r, CONN_LOCAL, drain);
    assert_int_equal(state_of(r, 1), WORKER_DRAINING);
    rig_lost(r, b);
    assert_int_equal(state_of(r, 2), WORKER_LOST);
    rig_message(r, a, (struct msg){.type = MSG_BYE, .bye.reason = "enough"});
    assert_non_null(rig_note(r, EVENT_WORKER_LEFT));
    assert_int_equal(state_of(r, 1), WORKER_LEFT);
    rig_free(r);
}

static void a_worker_that_gives_back_gets_no_more(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 4;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, 4 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct agent_grant *h = rig_held(r, a);
    rig_report(r, h, 1);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, b), 0);
    uint64_t leases = 6 | UINT64_C(1) << 40; /* and one that does not exist */
    struct msg back = {.type = MSG_GIVE_BACK};
    back.leases = (struct msg_leases){1, &h->grant, &leases};
    rig_message(r, a, back);
    assert_int_equal(rig_held(r, b)->first, UNIT); /* at once, to somebody else */
    assert_int_equal(rig_held(r, b)->count, 2 * UNIT);
    rig_report(r, rig_held_id(r, a, h->grant), 8); /* it finishes the rest */
    rig_report(r, rig_held(r, b), 3);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), 1);
    rig_expect_done(r, job, 4 * UNIT);
    rig_job(r, 20 * UNIT);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), 1);
    assert_true(rig_grants_of(r, b) > 1);
    rig_free(r);
}

static void a_worker_that_drains_gets_no_more(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct msg drain = rig_request(REQUEST_DRAIN, 0);
    drain.request.worker = "0000000000000001"; /* by id */
    rig_message(r, CONN_LOCAL, drain);
    assert_int_equal(rig_reply(r)->body, REPLY_DONE);
    assert_non_null(rig_sent(r, a, MSG_DRAIN));
    assert_null(rig_sent(r, b, MSG_DRAIN));
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), 1);
    assert_int_equal(rig_view(r, job).done, UNIT);
    drain.request.all = true;
    rig_message(r, CONN_LOCAL, drain);
    assert_null(rig_sent(r, a, MSG_DRAIN)); /* it knows */
    assert_non_null(rig_sent(r, b, MSG_DRAIN));
    rig_free(r);
}

static void an_unknown_worker_is_an_error(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    static const char *const names[] = {"nobody", "", "00ff"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct msg kick = rig_request(REQUEST_KICK, 0);
        kick.request.worker = names[i];
        rig_expect_error(r, kick, ERROR_NO_SUCH_WORKER);
    }
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_protocol_is_refused_with_a_sentence_that_says_both),
        cmocka_unit_test(refused_workers_are_the_reason_why_nothing_moves),
        cmocka_unit_test(the_first_message_must_be_a_hello),
        cmocka_unit_test(who_counts_the_test_range_wrong_is_turned_away),
        cmocka_unit_test(nobody_may_send_what_is_not_of_his_role),
        cmocka_unit_test(a_heartbeat_is_answered),
        cmocka_unit_test(names_are_made_unique_by_a_suffix),
        cmocka_unit_test(a_thousand_of_one_name_have_a_thousand_names),
        cmocka_unit_test(a_new_connection_of_a_worker_replaces_the_old_one),
        cmocka_unit_test(a_worker_is_lost_after_six_seconds_without_a_byte),
        cmocka_unit_test(who_never_resumes_is_told_so),
        cmocka_unit_test(each_part_of_a_resume_has_its_time),
        cmocka_unit_test(who_has_said_nothing_is_not_refused),
        cmocka_unit_test(any_message_breaks_the_silence),
        cmocka_unit_test(silence_is_judged_by_a_tick_alone),
        cmocka_unit_test(a_late_tick_moves_all_deadlines),
        cmocka_unit_test(a_tick_that_is_a_little_late_moves_none),
        cmocka_unit_test(each_state_of_a_worker_is_shown),
        cmocka_unit_test(a_worker_that_gives_back_gets_no_more),
        cmocka_unit_test(a_worker_that_drains_gets_no_more),
        cmocka_unit_test(an_unknown_worker_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
