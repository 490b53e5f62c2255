// SPDX-License-Identifier: MIT
/*
 * Who is who: names and ids of workers, what operators do to them, who is trusted by a
 * token, and how many threads an address may claim.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/wire/limits.h"
#include "tests/lib/coord_fleet.h"

enum { GONE_MS = 300000, HERE = 0, THERE = 7 };

static conn_id connect_from(struct rig *r, uint64_t origin)
{
    conn_id conn = ++r->conns;
    struct input input = {.type = INPUT_CONNECTED, .conn = conn, .origin = origin};
    input.address = "10.0.0.7:51544";
    rig_step(r, input);
    return conn;
}

static conn_id hello_as(struct rig *r, uint64_t origin, uint64_t id, const char *name,
                        uint32_t threads)
{
    conn_id conn = connect_from(r, origin);
    rig_message(r, conn, rig_hello(ROLE_WORKER, name, id, threads));
    return conn;
}

static const char *joins_as(struct rig *r, uint64_t id, const char *name, conn_id *ret)
{
    static char given[NAME_BYTES + 1];
    *ret = hello_as(r, HERE, id, name, 1);
    const struct msg *m = rig_sent(r, *ret, MSG_WELCOME);
    assert_non_null(m);
    snprintf(given, sizeof(given), "%s", m->welcome.name);
    rig_message(r, *ret, (struct msg){.type = MSG_RESUME, .resume = {.last = true}});
    return given;
}

static struct msg about(enum request_verb verb, const char *worker)
{
    struct msg m = rig_request(verb, 0);
    m.request.worker = worker;
    return m;
}

/* It must be done, to that worker; the note. */
static const char *expect_hit(struct rig *r, struct msg m, uint64_t id)
{
    static char note[TEXT_BYTES + 1];
    rig_message(r, CONN_LOCAL, m);
    if (r->storing)
        rig_durable(r);
    const struct msg_reply *reply = rig_reply(r);
    assert_int_equal(reply->body, REPLY_DONE);
    assert_non_null(reply->done.worker);
    assert_true(reply->done.worker->id == id);
    snprintf(note, sizeof(note), "%s", reply->done.note);
    return note;
}

struct found {
    uint64_t id;
    struct worker_view view;
};

static void find_view(void *ctx, const struct msg_reply *reply)
{
    struct found *f = ctx;
    for (size_t i = 0; i < reply->workers.n; i++)
        if (reply->workers.workers[i].id == f->id)
            f->view = reply->workers.workers[i];
}

static struct worker_view view_of(struct rig *r, uint64_t id)
{
    struct found f = {.id = id};
    struct arena memory;
    arena_init(&memory, 0);
    assert_true(coord_query(r->coord, r->now_ms,
                            &(struct msg_request){.verb = REQUEST_WORKERS}, &memory,
                            find_view, &f));
    arena_release(&memory);
    assert_true(f.view.id == id);
    return f.view;
}

/* ---- names ---- */

static void a_name_stays_with_its_id_for_five_minutes(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a, b;
    assert_string_equal(joins_as(r, 1, "lab", &a), "lab");
    rig_lost(r, a);
    assert_string_equal(joins_as(r, 2, "lab", &b), "lab-2");
    assert_string_equal(joins_as(r, 1, "lab", &a), "lab");
    rig_lost(r, a);
    rig_lost(r, b);
    rig_wait(r, GONE_MS - 1);
    assert_string_equal(joins_as(r, 3, "lab", &b), "lab-3");
    rig_lost(r, b);
    rig_wait(r, 1);
    assert_string_equal(joins_as(r, 4, "lab", &a), "lab");
    rig_free(r);
}

static void a_name_that_reads_like_an_id_is_refused(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    static const char *const names[] = {"00000000000000ff", "B7918E7615EDFC53"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        conn_id a = hello_as(r, HERE, 1, names[i], 1);
        const struct msg *m = rig_sent(r, a, MSG_REFUSAL);
        assert_non_null(m);
        assert_int_equal(m->refusal.code, REFUSAL_MALFORMED);
        assert_non_null(strstr(m->refusal.sentence, names[i]));
        assert_string_equal(m->refusal.hint, "give this worker another one: --name");
    }
    conn_id a;
    assert_string_equal(joins_as(r, 1, "00000000000000f", &a), "00000000000000f");
    rig_free(r);
}

static void a_new_job_has_no_name_that_reads_like_an_id(void **state)
{
    (void)state;
    static const char *const names[] = {"7", "j-7", "J7", "j-0"};
    struct rig *r = rig_new(rig_config());
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct msg m = rig_submission((uint8_t)(i + 1), STOP_TRIALS, UNIT);
        m.request.submit.name = names[i];
        rig_expect_error(r, m, ERROR_BAD_REQUEST);
    }
    struct msg m = rig_submission(9, STOP_TRIALS, UNIT);
    m.request.submit.name = "j-7a";
    rig_message(r, CONN_LOCAL, m);
    rig_settle(r);
    assert_string_equal(rig_view(r, 1).name, "j-7a");
    rig_free(r);
}

static void a_name_that_several_go_by_hits_none(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a, b;
    joins_as(r, 1, "lab", &a);
    expect_hit(r, about(REQUEST_TRUST, "lab"), 1);
    joins_as(r, 2, "lab", &b);
    rig_expect_error(r, about(REQUEST_TRUST, "lab"), ERROR_NO_SUCH_WORKER);
    assert_string_equal(rig_reply(r)->error.message,
                        "2 workers go by lab: 0000000000000001, 0000000000000002");
    expect_hit(r, about(REQUEST_KICK, "lab-2"), 2);
    expect_hit(r, about(REQUEST_KICK, "0000000000000001"), 1);
    rig_expect_error(r, about(REQUEST_KICK, "0000000000000001"), ERROR_NO_SUCH_WORKER);
    rig_expect_error(r, about(REQUEST_KICK, "0000000000000003"), ERROR_NO_SUCH_WORKER);
    rig_free(r);
}

/* ---- kick, ban, pardon ---- */

static void who_is_kicked_may_come_again(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 3 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    expect_hit(r, about(REQUEST_KICK, "lab"), 1);
    assert_int_equal(view_of(r, 1).removed, REMOVED_KICKED);
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 0);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_lost(r, a);
    rig_join(r, 1);
    assert_int_equal(view_of(r, 1).removed, REMOVED_NOT);
    rig_work(r);
    rig_expect_done(r, job, 3 * UNIT);
    rig_free(r);
}

static void who_is_banned_stays_out_and_its_results_stay(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 3 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    rig_message(r, CONN_LOCAL, about(REQUEST_BAN, "lab"));
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_BANNED);
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_lost(r, a);
    a = hello_as(r, HERE, 1, "lab", 1);
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_BANNED);
    assert_int_equal(view_of(r, 1).removed, REMOVED_BANNED);
    assert_string_equal(expect_hit(r, about(REQUEST_BAN, "lab"), 1),
                        "it was excluded already");
    rig_join(r, 2);
    rig_work(r);
    rig_expect_done(r, job, 3 * UNIT);
    rig_free(r);
}

static void a_pardon_is_for_good_and_an_id_is_enough_for_it(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_join(r, 1);
    expect_hit(r, about(REQUEST_BAN, "lab"), 1);
    rig_settle(r);
    rig_restart(r); /* nobody remembers its name */
    rig_expect_error(r, about(REQUEST_PARDON, "lab"), ERROR_NO_SUCH_WORKER);
    assert_string_equal(expect_hit(r, about(REQUEST_PARDON, "0000000000000001"), 1),
                        "");
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 0);
    rig_join(r, 1);
    rig_expect_error(r, about(REQUEST_PARDON, "lab"), ERROR_NOT_POSSIBLE);
    rig_restart(r);
    rig_join(r, 1);
    rig_free(r);
}

/* In one transaction, in either order. */
static void the_later_word_of_a_ban_and_a_pardon_counts(void **state)
{
    (void)state;
    for (int banned = 0; banned < 2; banned++) {
        struct rig *r = rig_new(rig_config());
        rig_join(r, 1);
        rig_job(r, UNIT); /* under way: what follows fills the next one */
        rig_message(r, CONN_LOCAL, rig_submission(9, STOP_TRIALS, UNIT));
        assert_true(r->storing);
        rig_message(r, CONN_LOCAL, about(REQUEST_BAN, "0000000000000001"));
        rig_message(r, CONN_LOCAL, about(REQUEST_PARDON, "0000000000000001"));
        if (banned)
            rig_message(r, CONN_LOCAL, about(REQUEST_BAN, "0000000000000001"));
        rig_settle(r);
        size_t bans = disk_count(&r->disk, RECORD_BAN, 0);
        assert_true(banned ? bans > 0 : bans == 0);
        rig_free(r);
    }
}

static void who_lied_and_is_pardoned_is_on_probation(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 3 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    expect_hit(r, about(REQUEST_TRUST, "lab"), 1);
    rig_report_as(r, rig_held(r, a), 1, UNIT, 1000); /* more hits than trials */
    rig_settle(r);
    assert_int_equal(view_of(r, 1).removed, REMOVED_BANNED);
    rig_expect_error(r, about(REQUEST_TRUST, "lab"), ERROR_NOT_POSSIBLE);
    assert_non_null(
        strstr(expect_hit(r, about(REQUEST_PARDON, "lab"), 1), "on probation again"));
    rig_settle(r);
    rig_restart(r);
    rig_join(r, 1);
    assert_int_equal(view_of(r, 1).trust, TRUST_PROBATION);
    rig_free(r);
}

static void nothing_is_promised_while_nothing_can_be_saved(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_join(r, 1);
    rig_message(r, CONN_LOCAL, rig_submission(9, STOP_TRIALS, UNIT));
    rig_full(r);
    static const enum request_verb kept[] = {REQUEST_BAN, REQUEST_PARDON, REQUEST_TRUST,
                                             REQUEST_UNTRUST};
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        rig_expect_error(r, about(kept[i], "lab"), ERROR_STORAGE);
    expect_hit(r, about(REQUEST_KICK, "lab"), 1);
    rig_free(r);
}

/* ---- trust ---- */

static void trust_is_taken_back(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_join(r, 1);
    expect_hit(r, about(REQUEST_TRUST, "lab"), 1);
    assert_int_equal(view_of(r, 1).trust, TRUST_FULL);
    assert_int_equal(view_of(r, 1).trusted_as, TRUSTED_NAMED);
    expect_hit(r, about(REQUEST_UNTRUST, "lab"), 1);
    assert_int_equal(view_of(r, 1).trust, TRUST_PROBATION);
    assert_int_equal(view_of(r, 1).trusted_as, TRUSTED_NOT);
    rig_settle(r);
    rig_restart(r);
    rig_join(r, 1);
    assert_int_equal(view_of(r, 1).trust, TRUST_PROBATION);
    rig_free(r);
}

static enum auth by_first_byte(void *ctx, enum role role, const uint8_t *proof,
                               size_t bytes)
{
    (void)ctx;
    (void)role;
    return bytes ? (enum auth)proof[0] : AUTH_MISSING;
}

static conn_id comes_with(struct rig *r, uint64_t id, enum auth token)
{
    uint8_t proof = (uint8_t)token;
    struct msg m = rig_hello(ROLE_WORKER, "lab", id, 1);
    m.hello.proof = &proof;
    m.hello.proof_bytes = 1;
    conn_id conn = connect_from(r, THERE);
    rig_message(r, conn, m);
    assert_non_null(rig_sent(r, conn, MSG_WELCOME));
    return conn;
}

static void tokens_of_their_own_make_workers_trusted(void **state)
{
    (void)state;
    static const struct {
        enum auth token;
        enum worker_trust trust;
        enum trusted_as as;
    } all[] = {
        {AUTH_WORKER_TOKEN, TRUST_PROBATION, TRUSTED_NOT},
        {AUTH_OPERATOR_TOKEN, TRUST_PROBATION, TRUSTED_NOT},
        {AUTH_SPAWNED, TRUST_FULL, TRUSTED_SPAWNED},
        {AUTH_LOCAL_TOKEN, TRUST_FULL, TRUSTED_LOCAL},
    };
    struct coord_config config = rig_config();
    config.authorize = by_first_byte;
    struct rig *r = rig_new(config);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        char id[17];
        comes_with(r, i + 1, all[i].token);
        assert_int_equal(view_of(r, i + 1).trust, all[i].trust);
        assert_int_equal(view_of(r, i + 1).trusted_as, all[i].as);
        snprintf(id, sizeof(id), "%016" PRIx64, (uint64_t)i + 1);
        if (all[i].as)
            rig_expect_error(r, about(REQUEST_UNTRUST, id), ERROR_NOT_POSSIBLE);
    }
    rig_free(r);
}

/* It is the workers' in a rotation, and it makes no operator. */
static void the_local_token_is_one_of_the_workers(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.authorize = by_first_byte;
    struct rig *r = rig_new(config);
    conn_id a = comes_with(r, 1, AUTH_LOCAL_TOKEN), b = comes_with(r, 2, AUTH_SPAWNED);
    struct input rotated = {.type = INPUT_TOKEN, .conn = CONN_LOCAL};
    rotated.token.rotated = ROLE_WORKER;
    rotated.token.reason = "";
    rig_step(r, rotated);
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_TOKEN);
    assert_null(rig_sent(r, b, MSG_REFUSAL));
    uint8_t proof = AUTH_LOCAL_TOKEN;
    struct msg m = rig_hello(ROLE_OPERATOR, "", 0, 0);
    m.hello.proof = &proof;
    m.hello.proof_bytes = 1;
    conn_id o = connect_from(r, HERE);
    rig_message(r, o, m);
    assert_int_equal(rig_sent(r, o, MSG_REFUSAL)->refusal.code, REFUSAL_ROLE);
    rig_free(r);
}

/* ---- threads that are claimed ---- */

static void an_address_may_claim_so_many_threads(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = hello_as(r, THERE, 1, "lab", LIMIT_THREADS_ORIGIN - 1);
    assert_non_null(rig_sent(r, a, MSG_WELCOME));
    conn_id b = hello_as(r, THERE, 2, "lab", 2);
    const struct msg *m = rig_sent(r, b, MSG_REFUSAL);
    assert_non_null(m);
    assert_int_equal(m->refusal.code, REFUSAL_FULL);
    assert_string_equal(m->refusal.sentence, "too many threads from this address: 4095 "
                                             "of 4096 are taken, this worker has 2");
    assert_non_null(rig_sent(r, hello_as(r, THERE, 3, "lab", 1), MSG_WELCOME));
    assert_non_null(rig_sent(r, hello_as(r, HERE, 4, "lab", 4096), MSG_WELCOME));
    assert_non_null(rig_sent(r, hello_as(r, HERE, 5, "lab", 4096), MSG_WELCOME));
    /* the same worker again takes the place of its other connection */
    a = hello_as(r, THERE, 1, "lab", LIMIT_THREADS_ORIGIN - 1);
    assert_non_null(rig_sent(r, a, MSG_WELCOME));
    rig_lost(r, a);
    assert_non_null(rig_sent(r, hello_as(r, THERE, 2, "lab", 2), MSG_WELCOME));
    rig_free(r);
}

static size_t grants_sent(const struct rig *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == EFFECT_SEND &&
            r->did.effects[i].send.message.type == MSG_GRANTS)
            n += r->did.effects[i].send.message.grants.n;
    return n;
}

/* A word that it has 4,096 threads costs no 4,096 grants; work is given to more of them
 * as they report. */
static void threads_are_used_as_they_work(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 5000 * UNIT);
    conn_id a = rig_join_wide(r, 1, 4096);
    size_t first = grants_sent(r);
    rig_settle(r);
    assert_in_range(first, 1, 256);
    assert_int_equal(view_of(r, 1).threads, 4096);
    for (size_t before = 0, now = rig_grants_of(r, a); now < 4096;) {
        assert_true(now > before);
        before = now;
        while (rig_oldest(r, a) && rig_grants_of(r, a) < 4000)
            rig_report(r, rig_oldest(r, a), 1);
        rig_settle(r);
        now = rig_grants_of(r, a);
        if (now >= 4000)
            break;
    }
    assert_true(rig_grants_of(r, a) > 1000);
    rig_free(r);
}

static conn_id rejoin_wide(struct rig *r, uint32_t threads,
                           struct agent_grant *const *list, size_t n)
{
    conn_id conn = rig_welcomed(r, 1, threads);
    rig_resume(r, conn, list, n);
    return conn;
}

/* Whoever has proved that it works with them keeps what it holds, in any order. */
static void many_threads_go_on_after_a_restart(void **state)
{
    (void)state;
    enum { THREADS = 600 };
    static struct agent_grant *list[HELD_MAX];
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5000 * UNIT);
    conn_id a = rig_join_wide(r, 1, THREADS);
    rig_settle(r);
    for (int i = 0; i < 256; i++)
        rig_report(r, rig_oldest(r, a), 1);
    rig_settle(r);
    size_t n = 0;
    for (size_t i = r->n_held; i-- > 0;)
        if (r->held[i].conn == a && r->held[i].computing)
            list[n++] = &r->held[i];
    assert_int_equal(n, THREADS);
    rig_restart(r);
    conn_id b = rejoin_wide(r, THREADS, list, n);
    assert_null(rig_sent(r, b, MSG_CANCEL));
    assert_int_equal(rig_view(r, job).leased, THREADS * UNIT);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stays_with_its_id_for_five_minutes),
        cmocka_unit_test(a_name_that_reads_like_an_id_is_refused),
        cmocka_unit_test(a_new_job_has_no_name_that_reads_like_an_id),
        cmocka_unit_test(a_name_that_several_go_by_hits_none),
        cmocka_unit_test(who_is_kicked_may_come_again),
        cmocka_unit_test(who_is_banned_stays_out_and_its_results_stay),
        cmocka_unit_test(a_pardon_is_for_good_and_an_id_is_enough_for_it),
        cmocka_unit_test(the_later_word_of_a_ban_and_a_pardon_counts),
        cmocka_unit_test(who_lied_and_is_pardoned_is_on_probation),
        cmocka_unit_test(nothing_is_promised_while_nothing_can_be_saved),
        cmocka_unit_test(trust_is_taken_back),
        cmocka_unit_test(tokens_of_their_own_make_workers_trusted),
        cmocka_unit_test(the_local_token_is_one_of_the_workers),
        cmocka_unit_test(an_address_may_claim_so_many_threads),
        cmocka_unit_test(threads_are_used_as_they_work),
        cmocka_unit_test(many_threads_go_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
