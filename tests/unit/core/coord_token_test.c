// SPDX-License-Identifier: MIT
/*
 * Tokens: each outcome of checking a proof, the role that each token gives, and the
 * connections that a rotation closes.
 */
#include <errno.h>

#include "tests/lib/coord_fleet.h"

/* A proof is one byte: 'w' the workers' token, 'o' the operator's, 'x' an old one.
 * Unlike a real shell this one leaves it to the core that a role asks for its own. */
static enum auth judge(void *ctx, enum role role, const uint8_t *proof, size_t bytes)
{
    (void)ctx;
    (void)role;
    if (bytes == 0)
        return AUTH_MISSING;
    switch (proof[0]) {
    case 'w':
        return AUTH_WORKER_TOKEN;
    case 'o':
        return AUTH_OPERATOR_TOKEN;
    case 'x':
        return AUTH_ROTATED;
    }
    return AUTH_WRONG;
}

static struct rig *guarded(void)
{
    struct coord_config config = rig_config();
    config.authorize = judge;
    return rig_new(config);
}

static void say_hello(struct rig *r, conn_id conn, enum role role, uint64_t id,
                      const char *proof)
{
    struct msg m = rig_hello(role, "lab", id, 1);
    m.hello.proof = (const uint8_t *)proof;
    m.hello.proof_bytes = strlen(proof);
    rig_message(r, conn, m);
}

static conn_id come(struct rig *r, enum role role, uint64_t id, const char *proof)
{
    conn_id conn = rig_connect(r);
    say_hello(r, conn, role, id, proof);
    assert_non_null(rig_sent(r, conn, MSG_WELCOME));
    if (role == ROLE_WORKER) {
        rig_resume(r, conn, NULL, 0);
        r->beats[conn] = true;
    }
    return conn;
}

static void expect_refused(struct rig *r, conn_id conn, enum refusal_code code,
                           const char *sentence, const char *hint)
{
    const struct msg *m = rig_sent(r, conn, MSG_REFUSAL);
    assert_non_null(m);
    assert_int_equal(m->refusal.code, code);
    assert_string_equal(m->refusal.sentence, sentence);
    assert_string_equal(m->refusal.hint, hint);
    assert_true(rig_closed(r, conn));
}

#define ELSE                                                                           \
    "on the coordinator's machine run 'pictl token show', here set PI_JOIN or "        \
    "--join-file"

static void every_judgement_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    struct rig *r = guarded();
    static const struct {
        enum role role;
        const char *proof, *sentence, *hint;
    } cases[] = {
        {ROLE_WORKER, "?234567890123456", "wrong token", ELSE},
        {ROLE_WORKER, "?2345678", "a token has 16 bytes, not 8", ELSE},
        {ROLE_WORKER, "x", "this token has been rotated away", ELSE},
        {ROLE_WORKER, "", "no token was shown", ELSE},
        {ROLE_OPERATOR, "?234567890123456", "wrong token", ELSE},
        {ROLE_OPERATOR, "x", "this token has been rotated away", ELSE},
        {ROLE_OPERATOR, "", "no token was shown", ELSE},
        {ROLE_OPERATOR, "w", "this is a worker's token: pictl needs the operator's",
         "on the coordinator's machine run 'pictl token show --operator' and set "
         "PI_JOIN "
         "here; do not give it to workers"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        conn_id conn = rig_connect(r);
        say_hello(r, conn, cases[i].role, 1, cases[i].proof);
        expect_refused(r, conn, *cases[i].proof == 'w' ? REFUSAL_ROLE : REFUSAL_TOKEN,
                       cases[i].sentence, cases[i].hint);
        const struct event *n = rig_note(r, EVENT_PEER_REFUSED);
        assert_string_equal(n->refused.reason, cases[i].sentence);
        assert_string_equal(n->refused.address, "10.0.0.7:51544");
    }
    rig_free(r);
}

static void an_operators_token_makes_a_worker_too(void **state)
{
    (void)state;
    struct rig *r = guarded();
    come(r, ROLE_WORKER, 1, "w");
    come(r, ROLE_WORKER, 2, "o");
    come(r, ROLE_OPERATOR, 0, "o");
    rig_free(r);
}

static conn_id trusted(struct rig *r)
{
    conn_id conn = ++r->conns;
    rig_step(r, (struct input){.type = INPUT_CONNECTED,
                               .conn = conn,
                               .address = "127.0.0.1:4000",
                               .trusted = true});
    return conn;
}

static void who_is_trusted_needs_no_token(void **state)
{
    (void)state;
    struct rig *r = guarded();
    static const char *const proofs[] = {"", "?", "x", "w"};
    for (size_t i = 0; i < ARRAY_SIZE(proofs); i++)
        for (enum role role = ROLE_WORKER; role <= ROLE_OPERATOR; role++) {
            conn_id conn = trusted(r);
            say_hello(r, conn, role, 1 + i, proofs[i]);
            assert_non_null(rig_sent(r, conn, MSG_WELCOME));
        }
    rig_free(r);
}

/* ---- showing and rotating ---- */

static const char *const workers[] = {"pi1.lab:1.k.w", "pi1.10.0.0.5:1.k.w"};
static const char *const operators[] = {"pi1.lab:1.k.o"};

static void ask(struct rig *r, conn_id conn, bool rotate, enum role role)
{
    struct msg m = rig_request(REQUEST_TOKEN, 0);
    m.request.rotate = rotate;
    m.request.role = role;
    rig_message(r, conn, m);
    const struct effect *e = rig_effect(r, EFFECT_TOKEN);
    assert_non_null(e);
    assert_int_equal(e->conn, conn);
    assert_int_equal(e->token.request, 5);
    assert_int_equal(e->token.rotate, rotate);
    assert_int_equal(e->token.role, role);
    assert_null(rig_sent(r, conn, MSG_REPLY)); /* it cannot know */
}

static void answer(struct rig *r, conn_id conn, int status, enum role rotated)
{
    rig_step(r, (struct input){.type = INPUT_TOKEN,
                               .conn = conn,
                               .token = {.request = 5,
                                         .status = status,
                                         .rotated = rotated,
                                         .reason = "no space left on device",
                                         .joins = {.n_workers = 2,
                                                   .n_operators = 1,
                                                   .workers = workers,
                                                   .operators = operators}}});
}

static void expect_joins(struct rig *r, conn_id conn, uint32_t ended)
{
    const struct msg *m = rig_sent(r, conn, MSG_REPLY);
    assert_non_null(m);
    assert_int_equal(m->reply.id, 5);
    assert_true(m->reply.last);
    assert_int_equal(m->reply.body, REPLY_TOKEN);
    assert_int_equal(m->reply.token.ended, ended);
    assert_int_equal(m->reply.token.joins.n_workers, 2);
    assert_string_equal(m->reply.token.joins.workers[1], workers[1]);
    assert_int_equal(m->reply.token.joins.n_operators, 1);
    assert_string_equal(m->reply.token.joins.operators[0], operators[0]);
}

static void an_operator_is_shown_the_join_strings(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id worker = come(r, ROLE_WORKER, 1, "w");
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    ask(r, o, false, 0);
    answer(r, o, 0, 0);
    expect_joins(r, o, 0);
    assert_false(rig_closed(r, worker));
    assert_null(rig_note(r, EVENT_TOKEN_ROTATED));
    ask(r, CONN_LOCAL, false, 0);
    answer(r, CONN_LOCAL, 0, 0);
    expect_joins(r, CONN_LOCAL, 0);
    rig_free(r);
}

#define GONE "the token has been rotated"

static void whoever_came_by_the_workers_old_token_goes_and_nobody_else(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id a = come(r, ROLE_WORKER, 1, "w"), b = come(r, ROLE_WORKER, 2, "w");
    conn_id by_operator = come(r, ROLE_WORKER, 3, "o");
    conn_id local = trusted(r);
    say_hello(r, local, ROLE_WORKER, 4, "");
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    conn_id closing = come(r, ROLE_WORKER, 5, "w");
    rig_message(r, closing, (struct msg){.type = MSG_BYE, .bye.reason = ""});
    ask(r, o, true, ROLE_WORKER);
    answer(r, o, 0, ROLE_WORKER);
    expect_joins(r, o, 2);
    expect_refused(r, a, REFUSAL_TOKEN, GONE, ELSE);
    expect_refused(r, b, REFUSAL_TOKEN, GONE, ELSE);
    assert_false(rig_closed(r, by_operator));
    assert_false(rig_closed(r, local));
    assert_false(rig_closed(r, o));
    assert_false(rig_closed(r, closing));
    assert_int_equal(rig_note(r, EVENT_TOKEN_ROTATED)->rotation.role, ROLE_WORKER);
    assert_int_equal(rig_note(r, EVENT_TOKEN_ROTATED)->rotation.connections, 2);
    answer(r, o, 0, ROLE_WORKER); /* once more: nobody is left */
    expect_joins(r, o, 0);
    rig_free(r);
}

static void ranges_of_whoever_goes_are_leased_again_at_once(void **state)
{
    (void)state;
    struct rig *r = guarded();
    rig_job(r, 4 * UNIT);
    conn_id a = come(r, ROLE_WORKER, 1, "w");
    assert_int_equal(rig_grants_of(r, a), 1);
    uint64_t first = rig_held(r, a)->first;
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    ask(r, o, true, ROLE_WORKER);
    answer(r, o, 0, ROLE_WORKER);
    assert_string_equal(rig_note(r, EVENT_WORKER_LOST)->departure.reason, GONE);
    assert_int_equal(rig_note(r, EVENT_WORKER_LOST)->departure.ranges, 1);
    conn_id b = come(r, ROLE_WORKER, 2, "o");
    assert_int_equal(rig_held(r, b)->first, first);
    rig_lost(r, a); /* as closing a connection ends */
    assert_null(rig_note(r, EVENT_WORKER_LOST));
    rig_free(r);
}

/* Where the effect of that kind to conn stands; fails where there is none. */
static size_t place(const struct rig *r, conn_id conn, enum effect_type type,
                    enum msg_type message)
{
    for (size_t i = 0; i < r->did.n; i++) {
        const struct effect *e = &r->did.effects[i];
        if (e->conn == conn && e->type == type &&
            (type != EFFECT_SEND || e->send.message.type == message))
            return i;
    }
    fail_msg("no such effect");
    return 0;
}

static void who_rotates_his_own_token_hears_the_answer_before_he_goes(void **state)
{
    (void)state;
    struct rig *r = guarded();
    rig_job(r, 4 * UNIT);
    conn_id worker = come(r, ROLE_WORKER, 1, "w");
    conn_id by_operator = come(r, ROLE_WORKER, 2, "o");
    conn_id other = come(r, ROLE_OPERATOR, 0, "o");
    struct msg watch = rig_request(REQUEST_WATCH, 1);
    watch.request.interval_ms = 100;
    rig_message(r, other, watch);
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    ask(r, o, true, ROLE_OPERATOR);
    answer(r, o, 0, ROLE_OPERATOR);
    expect_joins(r, o, 2); /* himself not counted */
    assert_int_equal(rig_note(r, EVENT_TOKEN_ROTATED)->rotation.connections, 3);
    expect_refused(r, o, REFUSAL_TOKEN, GONE, ELSE);
    expect_refused(r, other, REFUSAL_TOKEN, GONE, ELSE);
    expect_refused(r, by_operator, REFUSAL_TOKEN, GONE, ELSE);
    assert_false(rig_closed(r, worker));
    size_t reply = place(r, o, EFFECT_SEND, MSG_REPLY);
    size_t refusal = place(r, o, EFFECT_SEND, MSG_REFUSAL);
    assert_true(reply < refusal);
    assert_true(refusal < place(r, o, EFFECT_CLOSE, 0));
    rig_tick(r, r->now_ms + 500); /* a Refusal is the last that anybody hears */
    assert_null(rig_sent(r, other, MSG_REPLY));
    rig_free(r);
}

static void a_token_that_could_not_be_renewed_stays(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id worker = come(r, ROLE_WORKER, 1, "w");
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    static const struct {
        int status;
        enum role role;
        enum error_code code;
        const char *sentence;
    } cases[] = {
        {-ENOSPC, ROLE_WORKER, ERROR_STORAGE,
         "the token cannot be rotated: no space left on device"},
        {-ENOTSUP, 0, ERROR_NOT_POSSIBLE,
         "there are no join strings: no space left on device"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        answer(r, o, cases[i].status, cases[i].role);
        const struct msg *m = rig_sent(r, o, MSG_REPLY);
        assert_int_equal(m->reply.body, REPLY_ERROR);
        assert_int_equal(m->reply.error.code, cases[i].code);
        assert_string_equal(m->reply.error.message, cases[i].sentence);
        assert_false(rig_closed(r, worker));
        assert_null(rig_note(r, EVENT_TOKEN_ROTATED));
    }
    rig_free(r);
}

static void a_rotation_holds_though_its_asker_has_left(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id worker = come(r, ROLE_WORKER, 1, "w");
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    ask(r, o, true, ROLE_WORKER);
    rig_lost(r, o);
    answer(r, o, 0, ROLE_WORKER);
    assert_null(rig_sent(r, o, MSG_REPLY));
    expect_refused(r, worker, REFUSAL_TOKEN, GONE, ELSE);
    rig_free(r);
}

static void who_comes_by_the_new_token_stays_at_the_next_look(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id o = come(r, ROLE_OPERATOR, 0, "o");
    conn_id old = come(r, ROLE_WORKER, 1, "w");
    answer(r, o, 0, ROLE_WORKER);
    expect_refused(r, old, REFUSAL_TOKEN, GONE, ELSE);
    conn_id again = rig_connect(r);
    say_hello(r, again, ROLE_WORKER, 1, "x");
    expect_refused(r, again, REFUSAL_TOKEN, "this token has been rotated away", ELSE);
    conn_id renewed = come(r, ROLE_WORKER, 1, "w");
    answer(r, o, 0, 0); /* shown only */
    assert_false(rig_closed(r, renewed));
    rig_free(r);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_judgement_has_a_sentence_of_its_own),
        T(an_operators_token_makes_a_worker_too),
        T(who_is_trusted_needs_no_token),
        T(an_operator_is_shown_the_join_strings),
        T(whoever_came_by_the_workers_old_token_goes_and_nobody_else),
        T(ranges_of_whoever_goes_are_leased_again_at_once),
        T(who_rotates_his_own_token_hears_the_answer_before_he_goes),
        T(a_token_that_could_not_be_renewed_stays),
        T(a_rotation_holds_though_its_asker_has_left),
        T(who_comes_by_the_new_token_stays_at_the_next_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
