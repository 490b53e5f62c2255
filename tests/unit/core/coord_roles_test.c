// SPDX-License-Identifier: MIT
/*
 * Permissions: each type of message in each state of a connection, each request from a
 * connection that is not an operator's, and other versions of the protocol.
 */
#include <errno.h>
#include <stdio.h>

#include "common/wire/wire.h"
#include "tests/lib/coord_fleet.h"

/* ---- every message, every role ---- */

/* What a connection may be, as the coordinator sees it; the first ones are the columns
 * of the table in docs/PROTOCOL.md. */
enum stand {
    STAND_NEW,
    STAND_WELCOMED, /* a worker that has yet to resume */
    STAND_WORKER,
    STAND_OPERATOR,
    STANDS_SAID,
    STAND_TRUSTED = STANDS_SAID, /* new, but from this machine in the clear */
    STAND_CLOSING,
    STANDS,
};

enum outcome {
    TAKEN,       /* the connection goes on */
    ENDED,       /* closed without a Refusal: Bye */
    OUT_OF_TURN, /* MALFORMED */
    NOT_HIS,     /* ROLE */
    UNHEARD,     /* nothing happens at all */
};

static enum outcome outcomes[MSG_REPLY + 1][STANDS];

static enum outcome outcome_of(const char *word)
{
    if (strcmp(word, "taken") == 0)
        return TAKEN;
    if (strcmp(word, "ends") == 0)
        return ENDED;
    if (strcmp(word, "MALFORMED") == 0)
        return OUT_OF_TURN;
    if (strcmp(word, "ROLE") != 0)
        fail_msg("docs/PROTOCOL.md: %s is no outcome", word);
    return NOT_HIS;
}

static const char *row_of(const char *table, enum msg_type type)
{
    char row[40];
    snprintf(row, sizeof(row), "\n%s ", msg_name(type));
    const char *at = strstr(table, row);
    return at ? at : strstr(table, "\nothers ");
}

/* The table of the document. */
static int read_outcomes(void **state)
{
    static char text[1 << 17];
    (void)state;
    FILE *in = fopen("docs/PROTOCOL.md", "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    char *table = strstr(text, "\n```states\n");
    assert_non_null(table);
    *strstr(table + 5, "\n```") = '\0';
    for (enum msg_type type = 0; type <= MSG_REPLY; type++) {
        char words[STANDS_SAID][16];
        const char *row = row_of(table, type);
        assert_non_null(row);
        assert_int_equal(sscanf(row, "%*s %15s %15s %15s %15s", words[0], words[1],
                                words[2], words[3]),
                         STANDS_SAID);
        for (enum stand s = 0; s < STANDS_SAID; s++)
            outcomes[type][s] = outcome_of(words[s]);
        outcomes[type][STAND_TRUSTED] = outcomes[type][STAND_NEW];
        outcomes[type][STAND_CLOSING] = UNHEARD;
    }
    return 0;
}

static enum auth let_in(void *ctx, enum role role, const uint8_t *proof, size_t bytes)
{
    (void)ctx;
    (void)proof;
    (void)bytes;
    return role == ROLE_WORKER ? AUTH_WORKER_TOKEN : AUTH_OPERATOR_TOKEN;
}

static struct rig *guarded(void)
{
    struct coord_config config = rig_config();
    config.authorize = let_in;
    return rig_new(config);
}

/* A connection in that state. */
static conn_id stand(struct rig *r, enum stand s)
{
    conn_id conn = ++r->conns;
    rig_step(r, (struct input){.type = INPUT_CONNECTED,
                               .conn = conn,
                               .address = "127.0.0.1:4000",
                               .trusted = s == STAND_TRUSTED});
    if (s == STAND_WELCOMED || s == STAND_WORKER || s == STAND_CLOSING)
        rig_message(r, conn, rig_hello(ROLE_WORKER, "lab", 1, 1));
    if (s == STAND_WORKER)
        rig_resume(r, conn, NULL, 0);
    if (s == STAND_OPERATOR)
        rig_message(r, conn, rig_hello(ROLE_OPERATOR, "", 0, 0));
    if (s == STAND_CLOSING)
        rig_message(r, conn, (struct msg){.type = MSG_BYE, .bye.reason = ""});
    return conn;
}

/* The emptiest that is one of its type. */
static struct msg message(enum msg_type type)
{
    struct msg m = {.type = type};
    if (type == MSG_HELLO)
        m = rig_hello(ROLE_WORKER, "lab", 7, 1);
    else if (type == MSG_REQUEST)
        m = rig_request(REQUEST_STATUS, 0);
    else if (type == MSG_BYE)
        m.bye.reason = "";
    else if (type == MSG_RESUME)
        m.resume.last = true;
    return m;
}

static enum outcome outcome(const struct rig *r, conn_id conn)
{
    const struct msg *no = rig_sent(r, conn, MSG_REFUSAL);
    if (no && no->refusal.code == REFUSAL_MALFORMED) {
        assert_true(rig_closed(r, conn));
        return OUT_OF_TURN;
    }
    if (no) {
        assert_int_equal(no->refusal.code, REFUSAL_ROLE);
        assert_true(rig_closed(r, conn));
        return NOT_HIS;
    }
    if (rig_closed(r, conn))
        return ENDED;
    return r->did.n == 0 ? UNHEARD : TAKEN;
}

static void every_role_may_send_its_own_messages_and_no_others(void **state)
{
    (void)state;
    for (enum msg_type type = 0; type <= MSG_REPLY; type++)
        for (enum stand s = 0; s < STANDS; s++) {
            struct rig *r = guarded();
            rig_job(r, 4 * UNIT); /* so that what is taken has an effect */
            conn_id conn = stand(r, s);
            rig_message(r, conn, message(type));
            enum outcome is = outcome(r, conn);
            /* What a worker says may need no answer. */
            if (is == UNHEARD && (s == STAND_WORKER || s == STAND_WELCOMED))
                is = TAKEN;
            if (is != outcomes[type][s])
                fail_msg("message %d of stand %d: %d, not %d", (int)type, (int)s,
                         (int)is, (int)outcomes[type][s]);
            rig_free(r);
        }
}

static void a_worker_that_overstepped_loses_what_it_held(void **state)
{
    (void)state;
    struct rig *r = guarded();
    rig_job(r, 4 * UNIT);
    conn_id a = rig_join(r, 1);
    uint64_t first = rig_held(r, a)->first;
    rig_message(r, a, message(MSG_REQUEST));
    assert_int_equal(outcome(r, a), NOT_HIS);
    rig_lost(r, a);
    conn_id b = rig_join(r, 2);
    assert_int_equal(rig_held(r, b)->first, first);
    rig_free(r);
}

static void every_request_is_for_operators_only(void **state)
{
    (void)state;
    static const enum stand not_operators[] = {STAND_NEW, STAND_TRUSTED, STAND_WELCOMED,
                                               STAND_WORKER, STAND_CLOSING};
    for (enum request_verb verb = 0; verb <= REQUEST_TOKEN; verb++)
        for (size_t i = 0; i < ARRAY_SIZE(not_operators); i++) {
            struct rig *r = guarded();
            uint64_t job = rig_job(r, 4 * UNIT);
            conn_id conn = stand(r, not_operators[i]);
            struct msg m = rig_submission(99, STOP_TRIALS, UNIT);
            m.request.verb = verb;
            m.request.job = job;
            m.request.worker = "lab";
            m.request.trials = 9 * UNIT;
            m.request.interval_ms = 100;
            m.request.rotate = true;
            m.request.role = ROLE_WORKER;
            rig_message(r, conn, m);
            assert_int_equal(outcome(r, conn), outcomes[MSG_REQUEST][not_operators[i]]);
            assert_null(rig_sent(r, conn, MSG_REPLY));
            assert_null(rig_effect(r, EFFECT_STORE));
            assert_null(rig_effect(r, EFFECT_TOKEN));
            rig_message(r, CONN_LOCAL, rig_request(REQUEST_JOBS, 0));
            assert_int_equal(rig_reply(r)->jobs.n, 1);
            rig_free(r);
        }
}

static void every_request_of_an_operator_is_answered_or_put_out(void **state)
{
    (void)state;
    for (enum request_verb verb = 0; verb <= REQUEST_TOKEN; verb++) {
        struct rig *r = guarded();
        uint64_t job = rig_job(r, 4 * UNIT);
        rig_join(r, 1);
        conn_id conn = stand(r, STAND_OPERATOR);
        struct msg m = rig_submission(99, STOP_TRIALS, UNIT);
        m.request.verb = verb;
        m.request.job = job;
        m.request.worker = "lab";
        m.request.trials = 9 * UNIT;
        m.request.interval_ms = 100;
        rig_message(r, conn, m);
        assert_false(rig_closed(r, conn));
        bool put_out = rig_effect(r, EFFECT_TOKEN) != NULL;
        assert_int_equal(put_out, verb == REQUEST_TOKEN);
        while (!put_out && !rig_sent(r, conn, MSG_REPLY))
            rig_durable(r);
        rig_free(r);
    }
}

static void what_a_person_has_typed_ends_no_connection(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id conn = stand(r, STAND_OPERATOR);
    struct msg m = rig_request(REQUEST_STATUS, 0);
    m.request.wrong = "status: \"foo\" is no job; a job is \"j-17\" or \"17\"";
    m.request.id = 9;
    rig_message(r, conn, m);
    const struct msg *reply = rig_sent(r, conn, MSG_REPLY);
    assert_non_null(reply);
    assert_int_equal(reply->reply.id, 9);
    assert_true(reply->reply.last);
    assert_int_equal(reply->reply.error.code, ERROR_BAD_REQUEST);
    assert_string_equal(reply->reply.error.message, m.request.wrong);
    assert_false(rig_closed(r, conn));
    rig_free(r);
}

static void who_sends_too_soon_is_told_what_comes_first(void **state)
{
    (void)state;
    static const struct {
        enum stand stand;
        enum msg_type type;
        const char *sentence;
    } cases[] = {
        {STAND_NEW, MSG_RESULTS, "the first message must be a Hello"},
        {STAND_WELCOMED, MSG_RESULTS, "Results before Resume"},
        {STAND_WELCOMED, MSG_GIVE_BACK, "GiveBack before Resume"},
        {STAND_WORKER, MSG_RESUME, "Resume comes once, after Welcome"},
        {STAND_WORKER, MSG_HELLO, "a worker may not send Hello here"},
        {STAND_OPERATOR, MSG_GIVE_BACK, "an operator may not send GiveBack here"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig *r = guarded();
        conn_id conn = stand(r, cases[i].stand);
        rig_message(r, conn, message(cases[i].type));
        const struct msg *no = rig_sent(r, conn, MSG_REFUSAL);
        assert_non_null(no);
        assert_string_equal(no->refusal.sentence, cases[i].sentence);
        rig_free(r);
    }
}

/* ---- protocols ---- */

static void the_highest_protocol_that_both_speak_is_chosen(void **state)
{
    (void)state;
    static const uint32_t ranges[][2] = {{1, 1}, {1, 3}, {1, UINT32_MAX}};
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        for (enum role role = ROLE_WORKER; role <= ROLE_OPERATOR; role++) {
            struct rig *r = guarded();
            conn_id conn = rig_connect(r);
            struct msg m = rig_hello(role, "lab", 1, 1);
            m.hello.protocol_min = ranges[i][0];
            m.hello.protocol_max = ranges[i][1];
            rig_message(r, conn, m);
            assert_int_equal(rig_sent(r, conn, MSG_WELCOME)->welcome.protocol, 1);
            rig_free(r);
        }
}

static void no_protocol_in_common_is_refused_before_any_token_is_looked_at(void **state)
{
    (void)state;
    struct rig *r = guarded();
    conn_id conn = rig_connect(r);
    struct msg m = rig_hello(ROLE_OPERATOR, "", 0, 0);
    m.hello.program = "pictl";
    m.hello.version = "0.4.0";
    m.hello.protocol_min = 2;
    m.hello.protocol_max = 3;
    rig_message(r, conn, m);
    const struct msg_refusal *no = &rig_sent(r, conn, MSG_REFUSAL)->refusal;
    assert_int_equal(no->code, REFUSAL_PROTOCOL);
    assert_string_equal(
        no->sentence,
        "picoord 0.1.0 speaks protocol 1, this pictl 0.4.0 speaks 2 to 3");
    assert_string_equal(no->hint, "upgrade the coordinator to 0.4.0 or later");
    assert_int_equal(no->protocol_min, PROTOCOL_MIN);
    assert_int_equal(no->protocol_max, PROTOCOL_MAX);
    assert_true(rig_closed(r, conn));
    rig_free(r);
}

/* Such a Hello never reaches the core. */
static void what_is_no_range_of_protocols_is_malformed(void **state)
{
    (void)state;
    static const struct {
        uint32_t min, max;
        const char *why;
    } cases[] = {{0, 0, "hello: protocols 0 to 0 are no range"},
                 {0, 9, "hello: protocols 0 to 9 are no range"},
                 {3, 2, "hello: protocols 3 to 2 are no range"},
                 {2, 3, NULL}, /* the core says no */
                 {1, 3, NULL}};
    struct arena arena, out;
    arena_init(&arena, WIRE_BUDGET_BYTES);
    arena_init(&out, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t frame[FRAME_HELLO_MAX];
        struct msg m = rig_hello(ROLE_WORKER, "lab", 1, 1), got;
        const char *why = NULL;
        m.hello.protocol_min = cases[i].min;
        m.hello.protocol_max = cases[i].max;
        size_t n = wire_encode(&m, &out, frame, sizeof(frame)) - FRAME_HEADER_BYTES;
        int rc = wire_decode(frame + FRAME_HEADER_BYTES, n, &arena, &got, &why);
        assert_int_equal(rc, cases[i].why ? -EBADMSG : 0);
        if (cases[i].why)
            assert_string_equal(why, cases[i].why);
        else
            assert_int_equal(got.hello.protocol_max, cases[i].max);
    }
    arena_release(&arena);
    arena_release(&out);
}

/* ---- what status says of the process ---- */

static void host(void *ctx, struct host_view *ret)
{
    (void)ctx;
    *ret = (struct host_view){1795368000123, 3, 17, 1024};
}

static void status_shows_the_process_as_it_is_now(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.host = host;
    struct rig *r = rig_new(config);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_STATUS, 0));
    const struct host_view *h = &rig_reply(r)->status.host;
    assert_true(h->time_ms == 1795368000123);
    assert_int_equal(h->connections, 3);
    assert_int_equal(h->fds_used, 17);
    assert_int_equal(h->fds_limit, 1024);
    rig_free(r);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_role_may_send_its_own_messages_and_no_others),
        T(a_worker_that_overstepped_loses_what_it_held),
        T(what_a_person_has_typed_ends_no_connection),
        T(who_sends_too_soon_is_told_what_comes_first),
        T(every_request_is_for_operators_only),
        T(every_request_of_an_operator_is_answered_or_put_out),
        T(the_highest_protocol_that_both_speak_is_chosen),
        T(no_protocol_in_common_is_refused_before_any_token_is_looked_at),
        T(what_is_no_range_of_protocols_is_malformed),
        T(status_shows_the_process_as_it_is_now),
    };
    return cmocka_run_group_tests(tests, read_outcomes, NULL);
}
