// SPDX-License-Identifier: MIT
/*
 * Random messages of every type go to bytes and back unchanged, the largest of each
 * fits its frame, and damaged bytes never do harm.  The rules that a decoded message
 * has passed are in wire_rules_test.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/wire.h"
#include "tests/lib/msg_random.h"
#include "tests/lib/msg_text.h"

enum { ROUNDS = 60, DAMAGES = 300, OUT_BYTES = FRAME_HEADER_BYTES + FRAME_BODY_MAX };

struct world {
    struct gen gen;
    struct arena scratch, decoded;
    uint8_t out[OUT_BYTES];
};

static int setup(void **state)
{
    struct world *w = mem_zero(1, sizeof(*w));
    arena_init(&w->gen.arena, 0);
    arena_init(&w->scratch, 0);
    arena_init(&w->decoded, WIRE_BUDGET_BYTES);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_release(&w->gen.arena);
    arena_release(&w->scratch);
    arena_release(&w->decoded);
    free(w);
    return 0;
}

static size_t encode(struct world *w, const struct msg *m)
{
    size_t n = wire_encode(m, &w->scratch, w->out, sizeof(w->out));
    assert_int_equal(n, wire_size(m));
    assert_int_equal(n - FRAME_HEADER_BYTES,
                     w->out[0] << 24 | w->out[1] << 16 | w->out[2] << 8 | w->out[3]);
    return n;
}

static void check_round_trip(struct world *w, const struct msg *m)
{
    char *sent = msg_text(m);
    size_t n = encode(w, m);
    struct msg got;
    const char *why = "";
    if (wire_decode(w->out + FRAME_HEADER_BYTES, n - FRAME_HEADER_BYTES, &w->decoded,
                    &got, &why) < 0)
        fail_msg("refused: %s\n%s", why, sent);
    char *received = msg_text(&got);
    assert_string_equal(sent, received);
    free(sent);
    free(received);
}

static void every_message_comes_back_as_it_was_sent(void **state)
{
    struct world *w = *state;
    for (enum msg_type type = 0; type <= MSG_REPLY; type++) {
        for (int round = 0; round < ROUNDS; round++) {
            arena_reset(&w->gen.arena);
            struct msg m;
            gen_msg(&w->gen, type, &m);
            check_round_trip(w, &m);
        }
    }
}

/* What was accepted can be sent on, and is the same again. */
static void check_stable(struct world *w, const struct msg *m)
{
    struct arena again;
    arena_init(&again, WIRE_BUDGET_BYTES);
    char *first = msg_text(m);
    size_t n = encode(w, m);
    struct msg got;
    const char *why = "";
    if (wire_decode(w->out + FRAME_HEADER_BYTES, n - FRAME_HEADER_BYTES, &again, &got,
                    &why) < 0)
        fail_msg("accepted, then refused: %s\n%s", why, first);
    char *second = msg_text(&got);
    assert_string_equal(first, second);
    free(first);
    free(second);
    arena_release(&again);
}

/* Whatever was done to the bytes, they are refused, or taken and then stable. */
static void check_damaged(struct world *w, const uint8_t *body, size_t n)
{
    struct msg m;
    const char *why = NULL;
    int r = wire_decode(body, n, &w->decoded, &m, &why);
    assert_true(w->decoded.used_bytes <= WIRE_BUDGET_BYTES);
    if (r == 0) {
        if (m.type != MSG_REQUEST || !m.request.wrong)
            check_stable(w, &m);
        return;
    }
    assert_int_equal(r, -EBADMSG);
    assert_non_null(why);
    assert_in_range(strlen(why), 1, TEXT_BYTES);
}

static void damaged_bytes_are_refused_or_mean_something(void **state)
{
    struct world *w = *state;
    for (enum msg_type type = 0; type <= MSG_REPLY; type++) {
        for (int damage = 0; damage < DAMAGES; damage++) {
            arena_reset(&w->gen.arena);
            struct msg m;
            gen_msg(&w->gen, type, &m);
            size_t n = encode(w, &m) - FRAME_HEADER_BYTES;
            /* Exactly as long as the body, so that a sanitizer sees a read past it. */
            size_t cut = below(&w->gen, 3) ? n : below(&w->gen, n + 1);
            uint8_t *body = mem_resize(NULL, cut, 1);
            memcpy(body, w->out + FRAME_HEADER_BYTES, cut);
            for (uint64_t flips = below(&w->gen, 4); cut > 0 && flips > 0; flips--)
                body[below(&w->gen, cut)] ^= (uint8_t)(1 << below(&w->gen, 8));
            check_damaged(w, body, cut);
            free(body);
        }
    }
}

static const char *why_not(struct world *w, const uint8_t *body, size_t n)
{
    struct msg m;
    const char *why = "";
    return wire_decode(body, n, &w->decoded, &m, &why) < 0 ? why : NULL;
}

/* protobuf would take the last; fields of a later version may stand beside it. */
static void a_frame_has_one_body(void **state)
{
    struct world *w = *state;
    static const char two_bodies[] = "a frame of more than one body";
    const uint8_t two[] = {0x22, 0, 0x82, 1, 3, 0x0a, 1, 'x'}; /* Bye, Drain */
    const uint8_t twice[] = {0x22, 0, 0x22, 0};
    const uint8_t later[] = {0x22, 0,    0xe2, 0x7d, 1, 7, /* 2012, bytes */
                             0x38, 0x81, 0x01,             /* 7, a varint */
                             0x4d, 1,    2,    3,    4,    /* 9, four bytes */
                             0x49, 1,    2,    3,    4, 5, 6, 7, 8};
    assert_string_equal(why_not(w, two, sizeof(two)), two_bodies);
    assert_string_equal(why_not(w, twice, sizeof(twice)), two_bodies);
    assert_null(why_not(w, later, sizeof(later)));
}

/* ---- the largest ---- */

static const char *longest(struct gen *g, size_t n)
{
    char *s = arena_alloc(&g->arena, n + 1);
    memset(s, 'x', n);
    s[n] = '\0';
    return s;
}

static uint64_t *filled(struct gen *g, size_t n, uint64_t value)
{
    uint64_t *p = arena_array(&g->arena, n, sizeof(*p));
    for (size_t i = 0; i < n; i++)
        p[i] = value;
    return p;
}

static uint32_t *filled32(struct gen *g, size_t n, uint32_t value)
{
    uint32_t *p = arena_array(&g->arena, n, sizeof(*p));
    for (size_t i = 0; i < n; i++)
        p[i] = value;
    return p;
}

/* A grant at the far end, where every number is longest. */
#define FAR_LOG2 40
#define FAR_COUNT (UINT64_C(64) << FAR_LOG2)

static struct msg_resume longest_failures(struct gen *g)
{
    const char **texts[3];
    const size_t bytes[3] = {NAME_BYTES, TEXT_BYTES, STDERR_BYTES};
    for (size_t k = 0; k < 3; k++) {
        texts[k] = arena_array(&g->arena, PROGRAMS_MAX, sizeof(char *));
        for (size_t i = 0; i < PROGRAMS_MAX; i++)
            texts[k][i] = longest(g, bytes[k]);
    }
    return (struct msg_resume){.n_failed = PROGRAMS_MAX,
                               .failed = texts[0],
                               .failed_why = texts[1],
                               .failed_stderr = texts[2]};
}

static void the_largest_batches_fit_a_frame(void **state)
{
    struct world *w = *state;
    struct gen *g = &w->gen;
    uint64_t *all = filled(g, CANCEL_MAX, UINT64_MAX);
    uint64_t *none = filled(g, CANCEL_MAX, 0);
    uint64_t *first = filled(g, GRANTS_MAX, TRIALS_MAX - FAR_COUNT);
    uint64_t *count = filled(g, GRANTS_MAX, FAR_COUNT);
    uint32_t *log2 = filled32(g, GRANTS_MAX, FAR_LOG2);
    uint32_t *thread = filled32(g, GRANTS_MAX, WORKER_THREADS_MAX - 1);
    uint64_t *grant = filled(g, HEARTBEAT_MAX, UINT64_MAX);
    uint8_t *tokens = bytes(g, GRANTS_MAX * TOKEN_BYTES);
    uint64_t *one = filled(g, RESULTS_GRANTS_MAX, UINT64_C(0xff) << 56);
    const struct msg largest[] = {
        {.type = MSG_HEARTBEAT,
         .heartbeat = {HEARTBEAT_MAX, grant, filled32(g, HEARTBEAT_MAX, 63)}},
        {.type = MSG_RESUME,
         .resume = {RESUME_MAX, tokens, grant, thread, first, count, log2, tokens, none,
                    all, true, 0, NULL, NULL, NULL}},
        {.type = MSG_RESUME, .resume = longest_failures(g)},
        {.type = MSG_GRANTS,
         .grants = {{0},
                    UINT64_MAX,
                    GRANTS_MAX,
                    grant,
                    thread,
                    first,
                    count,
                    log2,
                    tokens,
                    longest(g, NAME_BYTES),
                    longest(g, ARG_BYTES),
                    true}},
        {.type = MSG_RESULTS,
         .results = {RESULTS_GRANTS_MAX, grant, one,
                     filled(g, RESULTS_GRANTS_MAX, TRIALS_MAX), RESULTS_HITS_MAX,
                     filled(g, RESULTS_HITS_MAX, LEASE_TRIALS_MAX), RESULTS_PIECES_MAX,
                     filled(g, RESULTS_PIECES_MAX, PIECE_TRIALS_MAX),
                     filled32(g, RESULTS_GRANTS_MAX,
                              RESULTS_PIECES_MAX / RESULTS_GRANTS_MAX)}},
        {.type = MSG_ANSWERS, .answers = {ANSWERS_MAX, grant, all, none, none, none}},
        {.type = MSG_CANCEL, .leases = {CANCEL_MAX, grant, all}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(largest); i++)
        check_round_trip(w, &largest[i]);
}

static void the_largest_hello_fits_what_strangers_may_send(void **state)
{
    struct world *w = *state;
    const char *most = longest(&w->gen, HELLO_TEXT_BYTES);
    const char *offers[PROGRAMS_MAX];
    double rates[PROGRAMS_MAX];
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        char *name = arena_printf(&w->gen.arena, "%s", longest(&w->gen, NAME_BYTES));
        name[0] = (char)('a' + i);
        offers[i] = name;
        rates[i] = 0.1;
    }
    const struct msg m = {.type = MSG_HELLO,
                          .hello = {.protocol_min = 1,
                                    .protocol_max = UINT32_MAX,
                                    .program = most,
                                    .version = most,
                                    .role = ROLE_WORKER,
                                    .proof = (const uint8_t *)most,
                                    .proof_bytes = PROOF_BYTES,
                                    .name = longest(&w->gen, NAME_BYTES),
                                    .threads = WORKER_THREADS_MAX,
                                    .kernel = most,
                                    .test_hits = UINT64_MAX,
                                    .n_offers = PROGRAMS_MAX,
                                    .offer = offers,
                                    .offer_test = filled(&w->gen, PROGRAMS_MAX, 1),
                                    .offer_rate = rates}};
    check_round_trip(w, &m);
    assert_true(wire_size(&m) - FRAME_HEADER_BYTES <= FRAME_HELLO_MAX);
}

static void longest_job(struct gen *g, struct job_view *v)
{
    const uint64_t most = PROGRAM_TRIALS_MAX;
    *v = (struct job_view){UINT64_MAX,
                           longest(g, NAME_BYTES),
                           JOB_CANCELLED,
                           longest(g, TEXT_BYTES),
                           longest(g, NAME_BYTES),
                           UINT64_MAX,
                           most,
                           most,
                           most,
                           most,
                           most,
                           3.1,
                           1e-9,
                           3.1,
                           3.2,
                           3.0,
                           3.3,
                           1e18,
                           STOP_TIME,
                           0,
                           INT64_C(1) << 53,
                           1000,
                           INT64_C(1) << 53,
                           UINT64_MAX,
                           UINT64_MAX,
                           UINT64_MAX,
                           {0},
                           AUDIT_ADAPTIVE,
                           longest(g, TEXT_BYTES),
                           UINT64_MAX,
                           longest(g, NAME_BYTES),
                           longest(g, ARG_BYTES),
                           0.1,
                           true,
                           true,
                           UINT64_MAX,
                           INT64_C(1) << 53,
                           INT64_C(1) << 53,
                           INT64_C(1) << 53};
}

/* Only one that failed has a reason and output. */
static const struct program_view *longest_programs(struct gen *g,
                                                   enum program_state state)
{
    bool failed = state == PROGRAM_FAILED;
    struct program_view *p = arena_array(&g->arena, PROGRAMS_MAX, sizeof(*p));
    for (size_t i = 0; i < PROGRAMS_MAX; i++)
        p[i] = (struct program_view){longest(g, NAME_BYTES),
                                     state,
                                     true,
                                     UINT64_MAX,
                                     0.1,
                                     failed ? longest(g, TEXT_BYTES) : "",
                                     failed ? longest(g, STDERR_BYTES) : ""};
    return p;
}

static void the_largest_replies_fit_a_frame(void **state)
{
    struct world *w = *state;
    struct gen *g = &w->gen;
    struct job_view jobs[LIST_MAX];
    struct worker_view workers[LIST_MAX];
    struct share_view shares[LIST_MAX];
    for (size_t i = 0; i < LIST_MAX; i++) {
        longest_job(g, &jobs[i]);
        workers[i] = (struct worker_view){UINT64_MAX,
                                          longest(g, NAME_BYTES),
                                          longest(g, 64),
                                          longest(g, TEXT_BYTES),
                                          longest(g, TEXT_BYTES),
                                          UINT32_MAX,
                                          WORKER_DRAINING,
                                          1e18,
                                          TRIALS_MAX,
                                          UINT32_MAX,
                                          INT64_C(1) << 53,
                                          TRUST_PROBATION,
                                          UINT64_MAX,
                                          UINT32_MAX,
                                          -1e300,
                                          INT64_C(1) << 53,
                                          TRUSTED_SPAWNED,
                                          REMOVED_BANNED,
                                          PROGRAMS_MAX,
                                          longest_programs(g, PROGRAM_EXCLUDED),
                                          INT64_C(1) << 53,
                                          INT64_C(1) << 53};
        shares[i] = (struct share_view){UINT64_MAX, longest(g, NAME_BYTES),
                                        PROGRAM_TRIALS_MAX, TRIALS_MAX};
    }
    uint64_t *first = filled(g, CELLS_MAX, PROGRAM_TRIALS_MAX);
    struct msg m = {.type = MSG_REPLY, .reply = {.id = UINT32_MAX, .last = true}};
    m.reply.body = REPLY_JOBS;
    m.reply.jobs.n = LIST_JOBS;
    m.reply.jobs.jobs = jobs;
    check_round_trip(w, &m);
    m.reply.body = REPLY_WORKERS;
    m.reply.workers.n = LIST_WORKERS;
    m.reply.workers.workers = workers;
    check_round_trip(w, &m);
    m.reply.workers.n = LIST_WORKERS / (2 * PROGRAMS_MAX);
    for (size_t i = 0; i < m.reply.workers.n; i++)
        workers[i].programs = longest_programs(g, PROGRAM_FAILED);
    check_round_trip(w, &m);
    m.reply.body = REPLY_LEDGER;
    m.reply.ledger =
        (struct ledger_view){jobs,     CELLS_MAX, first,    first, first, first,
                             LIST_MAX, shares,    LIST_MAX, first, first, true};
    check_round_trip(w, &m);
}

/* ---- what is sent ---- */

static void texts_are_cleaned_and_cut_on_the_way_out(void **state)
{
    struct world *w = *state;
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "caf\xc3\xa9\n"}};
    struct msg got;
    const char *why;
    size_t n = encode(w, &m);
    assert_int_equal(wire_decode(w->out + 4, n - 4, &w->decoded, &got, &why), 0);
    assert_string_equal(got.bye.reason, "caf???");
    m.bye.reason = longest(&w->gen, TEXT_BYTES + 50);
    n = encode(w, &m);
    assert_int_equal(wire_decode(w->out + 4, n - 4, &w->decoded, &got, &why), 0);
    assert_int_equal(strlen(got.bye.reason), TEXT_BYTES);
    m.bye.reason = NULL;
    n = encode(w, &m);
    assert_int_equal(wire_decode(w->out + 4, n - 4, &w->decoded, &got, &why), 0);
    assert_string_equal(got.bye.reason, "");
    for (size_t more = 0; more <= 1; more++) { /* a Hello's are shorter */
        const char *text = longest(&w->gen, HELLO_TEXT_BYTES + more);
        const struct msg hello = {.type = MSG_HELLO,
                                  .hello = {.protocol_min = PROTOCOL_MIN,
                                            .protocol_max = PROTOCOL_MAX,
                                            .program = text,
                                            .version = text,
                                            .role = ROLE_WORKER,
                                            .name = "x",
                                            .threads = 1,
                                            .kernel = text}};
        n = encode(w, &hello);
        assert_int_equal(wire_decode(w->out + 4, n - 4, &w->decoded, &got, &why), 0);
        assert_int_equal(strlen(got.hello.program), HELLO_TEXT_BYTES);
        assert_int_equal(strlen(got.hello.version), HELLO_TEXT_BYTES);
        assert_int_equal(strlen(got.hello.kernel), HELLO_TEXT_BYTES);
    }
}

static void a_batch_takes_no_memory_from_the_scratch_arena(void **state)
{
    struct world *w = *state;
    static const enum msg_type hot[] = {MSG_RESULTS, MSG_GRANTS, MSG_ANSWERS,
                                        MSG_HEARTBEAT};
    for (size_t i = 0; i < ARRAY_SIZE(hot); i++) {
        struct msg m;
        gen_msg(&w->gen, hot[i], &m);
        encode(w, &m);
        assert_null(w->scratch.blocks);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_message_comes_back_as_it_was_sent),
        T(damaged_bytes_are_refused_or_mean_something),
        T(a_frame_has_one_body),
        T(the_largest_batches_fit_a_frame),
        T(the_largest_hello_fits_what_strangers_may_send),
        T(the_largest_replies_fit_a_frame),
        T(texts_are_cleaned_and_cut_on_the_way_out),
        T(a_batch_takes_no_memory_from_the_scratch_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
