// SPDX-License-Identifier: MIT
/*
 * Each rule of the messages of sessions and of work by a near miss: a message that
 * passes, one change to it, and the sentence with which it is refused.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/wire.h"
#include "tests/lib/wire_verdict.h"

static uint8_t sixteen[17] = "0123456789abcdef", many_bytes[64 * 1024];
static uint64_t many[70000];
static uint32_t many32[70000];
static char long_text[TEXT_BYTES + 2];

static ProtobufCBinaryData data(size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = many_bytes};
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = 1;
    memset(long_text, 'x', sizeof(long_text) - 1);
    return 0;
}

/* ---- frames ---- */

static void bytes_that_are_no_frame_are_refused(void **state)
{
    (void)state;
    const char *none = "a frame without a body that is known here";
    const char *no_pb =
        "not a Frame of picoord.proto, or one that needs too much memory";
    assert_string_equal(verdict((const uint8_t *)"", 0), none);
    assert_string_equal(verdict((const uint8_t *)"\x48\x01", 2), none); /* field 9 */
    assert_string_equal(verdict((const uint8_t *)"GET / HTTP/1.1\r\n", 16), no_pb);
    assert_string_equal(verdict((const uint8_t *)"\x0a\x05\x08", 3), no_pb);
    assert_string_equal(verdict((const uint8_t *)"\xff\xff\xff\xff", 4), no_pb);
}

static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    /* A Bye with reason "x" and fields 9 and 1000 of later versions. */
    const uint8_t body[] = {0x22, 0x0a, 0x0a, 1, 'x', 0x48, 1, 0xc2, 0x3e, 2, 'h', 'i'};
    assert_null(verdict(body, sizeof(body)));
}

/* As large a body as there can be: `head`, then a pattern again and again. */
static const char *bomb(const char *head, size_t head_bytes, const char *pattern,
                        size_t pattern_bytes)
{
    static uint8_t body[FRAME_BODY_MAX];
    memcpy(body, head, head_bytes);
    size_t n = head_bytes;
    for (; n + pattern_bytes <= sizeof(body); n += pattern_bytes)
        memcpy(body + n, pattern, pattern_bytes);
    Pb__Frame *f = pb__frame__unpack(NULL, n, body);
    assert_non_null(f); /* nothing is wrong with it but its size in memory */
    pb__frame__free_unpacked(f, NULL);
    return verdict(body, n);
}

static void small_frames_cannot_take_much_memory(void **state)
{
    (void)state;
    const char *no_pb =
        "not a Frame of picoord.proto, or one that needs too much memory";
    /* Reply { jobs { 32,000 empty jobs } }: lengths 65,530 and 65,526. */
    assert_string_equal(bomb("\xaa\x01\xfa\xff\x03\x32\xf6\xff\x03", 9, "\x0a\x00", 2),
                        no_pb);
    /* 32,000 unknown fields of two bytes. */
    assert_string_equal(bomb("", 0, "\x48\x00", 2), no_pb);
    /* Results { 32,000 hits one by one, not packed }: length 65,530. */
    assert_string_equal(bomb("\x62\xfa\xff\x03", 4, "\x20\x00", 2), no_pb);
    /* 16,000 times the same body: each replaces the one before. */
    assert_string_equal(bomb("", 0, "\x62\x02\x20\x00", 4), no_pb);
}

/* ---- session ---- */

static Pb__Hello good_hello(void)
{
    Pb__Hello p = PB__HELLO__INIT;
    p.protocol_min = p.protocol_max = 1;
    p.program = p.version = p.kernel = "x";
    p.role = PB__ROLE__ROLE_WORKER;
    p.name = "lab-03";
    p.secret = (ProtobufCBinaryData){.len = 16, .data = sixteen};
    p.threads = 8;
    return p;
}

#define HELLO(change, why) EXPECT(Hello, HELLO, good_hello(), change, why)

static void a_hello_is_checked(void **state)
{
    (void)state;
    HELLO((void)0, NULL);
    HELLO(p->protocol_min = 0, "hello: protocols 0 to 1 are no range");
    HELLO(p->protocol_min = 2, "hello: protocols 2 to 1 are no range");
    HELLO(p->protocol_max = 9, NULL);
    HELLO(p->role = 0, "hello: unknown role 0");
    HELLO(p->role = 3, "hello: unknown role 3");
    HELLO(p->name = "", "hello: no name");
    HELLO(p->name = "a b", "hello: name has a ' ', not only A-Z a-z 0-9 . _ -");
    HELLO(p->name = "0123456789abcdef0123456789abcdef", NULL);
    HELLO(p->name = "0123456789abcdef0123456789abcdefg",
          "hello: name has 33 bytes, at most 32");
    HELLO(p->version = "1\n", "hello: version is not printable ASCII");
    HELLO(p->version = "\x7f", "hello: version is not printable ASCII");
    HELLO(p->program = "\xc3\xa9", "hello: program is not printable ASCII");
    HELLO(p->kernel = long_text, "hello: kernel has 201 bytes, at most 200");
    HELLO(p->secret.len = 15, "hello: secret has 15 bytes, not 16");
    HELLO(p->secret.len = 17, "hello: secret has 17 bytes, not 16");
    HELLO(p->threads = 0, "hello: threads is 0, not 1 to 4096");
    HELLO(p->threads = 4096, NULL);
    HELLO(p->threads = 4097, "hello: threads is 4097, not 1 to 4096");
    HELLO(p->proof = data(64), NULL);
    HELLO(p->proof = data(65), "hello: length of proof is 65, not 0 to 64");
}

static void an_operator_needs_no_name_secret_or_threads(void **state)
{
    (void)state;
    HELLO((p->role = 2, p->name = "", p->secret.len = 0, p->threads = 0), NULL);
}

static void a_hello_of_other_protocols_is_taken_for_its_range(void **state)
{
    (void)state;
    HELLO((p->protocol_min = p->protocol_max = 2, p->role = 7, p->name = "\n"), NULL);
    struct arena a;
    arena_init(&a, WIRE_BUDGET_BYTES);
    /* Frame { hello { protocol_min 2, protocol_max 3, role 7 } } */
    const uint8_t body[] = {0x0a, 6, 0x08, 2, 0x10, 3, 0x28, 7};
    struct msg m;
    const char *why;
    assert_int_equal(wire_decode(body, sizeof(body), &a, &m, &why), 0);
    assert_int_equal(m.hello.protocol_min, 2);
    assert_int_equal(m.hello.protocol_max, 3);
    assert_string_equal(m.hello.name, "");
    assert_string_equal(m.hello.program, "peer");
    arena_release(&a);
}

static void a_string_cannot_hide_bytes_behind_a_nul(void **state)
{
    (void)state;
    const uint8_t hidden[] = {0x22, 5, 0x0a, 3, 'a', 0, 'b'}; /* a Bye */
    assert_string_equal(verdict(hidden, sizeof(hidden)),
                        "bye: reason is not printable ASCII");
    const uint8_t empty[] = {0x22, 2, 0x0a, 0};
    assert_null(verdict(empty, sizeof(empty)));
}

static Pb__Welcome good_welcome(void)
{
    Pb__Welcome p = PB__WELCOME__INIT;
    p.protocol = 1;
    p.heartbeat_ms = 2000;
    p.silent_ms = 6000;
    return p;
}

#define WELCOME(change, why) EXPECT(Welcome, WELCOME, good_welcome(), change, why)

static void a_welcome_is_checked(void **state)
{
    (void)state;
    WELCOME((void)0, NULL);
    WELCOME(p->protocol = 0, NULL); /* refused by whoever gets it */
    WELCOME((p->protocol = 2, p->heartbeat_ms = 0, p->name = "a/b"), NULL);
    WELCOME(p->heartbeat_ms = 0, "welcome: heartbeat_ms is 0, not 1 to 3600000");
    WELCOME(p->silent_ms = 1999, "welcome: silent_ms is 1999, not 2000 to 3600000");
    WELCOME(p->name = "a/b", "welcome: name has a '/', not only A-Z a-z 0-9 . _ -");
    WELCOME(p->version = long_text, "welcome: version has 201 bytes, at most 200");
}

static void an_unknown_refusal_is_still_a_refusal(void **state)
{
    (void)state;
    Pb__Refusal good = PB__REFUSAL__INIT;
    good.code = 99;
    EXPECT(Refusal, REFUSAL, good, (void)0, NULL);
    EXPECT(Refusal, REFUSAL, good, p->code = 1000, NULL);
    EXPECT(Refusal, REFUSAL, good, p->sentence = "a\tb",
           "refusal: sentence is not printable ASCII");
    EXPECT(Refusal, REFUSAL, good, p->hint = long_text,
           "refusal: hint has 201 bytes, at most 200");
}

static struct msg there_and_back(const struct msg *m, struct arena *a)
{
    static uint8_t frame[FRAME_HEADER_BYTES + FRAME_BODY_MAX];
    struct arena scratch;
    struct msg back;
    const char *why = "";
    arena_init(&scratch, 0);
    size_t n = wire_encode(m, &scratch, frame, sizeof(frame));
    arena_release(&scratch);
    if (wire_decode(frame + FRAME_HEADER_BYTES, n - FRAME_HEADER_BYTES, a, &back,
                    &why) < 0)
        fail_msg("%s", why);
    return back;
}

static void every_reason_of_a_refusal_is_known(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, WIRE_BUDGET_BYTES);
    for (enum refusal_code code = 1; code <= REFUSAL_KERNEL + 1; code++) {
        struct msg m = refusal_msg(code, "a", "b");
        assert_int_equal(there_and_back(&m, &a).refusal.code,
                         code <= REFUSAL_KERNEL ? code : 0);
    }
    arena_release(&a);
}

/* A clock that was set back makes no time of centuries. */
static void a_negative_time_is_none(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, WIRE_BUDGET_BYTES);
    struct msg m = {.type = MSG_REPLY, .reply = {.id = 1, .body = REPLY_STATUS}};
    m.reply.status = (struct status_view){.state = COORD_READY,
                                          .uptime_ms = -1,
                                          .host.time_ms = INT64_MIN,
                                          .audits.wait_ms = 1};
    const struct msg back = there_and_back(&m, &a);
    assert_int_equal(back.reply.status.uptime_ms, 0);
    assert_int_equal(back.reply.status.host.time_ms, 0);
    assert_int_equal(back.reply.status.audits.wait_ms, 1);
    arena_release(&a);
}

static void a_goodbye_is_checked(void **state)
{
    (void)state;
    Pb__Drain drain = PB__DRAIN__INIT;
    EXPECT(Drain, DRAIN, drain, p->reason = long_text,
           "drain: reason has 201 bytes, at most 200");
    Pb__Bye bye = PB__BYE__INIT;
    EXPECT(Bye, BYE, bye, p->reason = long_text,
           "bye: reason has 201 bytes, at most 200");
}

static void a_heartbeat_is_checked(void **state)
{
    (void)state;
    Pb__Heartbeat good = PB__HEARTBEAT__INIT;
    good.grant = many;
    good.lease = many32;
    EXPECT(Heartbeat, HEARTBEAT, good, (void)0, NULL);
    EXPECT(Heartbeat, HEARTBEAT, good, p->n_grant = p->n_lease = HEARTBEAT_MAX, NULL);
    EXPECT(Heartbeat, HEARTBEAT, good, p->n_grant = p->n_lease = HEARTBEAT_MAX + 1,
           "heartbeat: 4097 grants, at most 4096");
    EXPECT(Heartbeat, HEARTBEAT, good, p->n_grant = 2,
           "heartbeat: 2 grants but 0 leases");
    uint32_t lease = 64;
    EXPECT(Heartbeat, HEARTBEAT, good, (p->n_grant = p->n_lease = 1, p->lease = &lease),
           "heartbeat: lease is 64, not 0 to 63");
}

/* ---- work ---- */

/* Two leases of 2^16, the first of them short. */
static uint64_t grant_first = 65535, grant_count = 65537, grant_leases_held = 2,
                no_leases = 0;
static uint32_t grant_log2 = 16, grant_thread = 4095;

static Pb__Grants good_grants(void)
{
    Pb__Grants p = PB__GRANTS__INIT;
    p.job = p.token = (ProtobufCBinaryData){.len = 16, .data = sixteen};
    p.n_grant = p.n_thread = p.n_first = p.n_count = p.n_lease_log2 = 1;
    p.grant = many;
    p.thread = &grant_thread;
    p.first = &grant_first;
    p.count = &grant_count;
    p.lease_log2 = &grant_log2;
    return p;
}

#define GRANTS(change, why) EXPECT(Grants, GRANTS, good_grants(), change, why)

static void grants_are_checked(void **state)
{
    (void)state;
    GRANTS((void)0, NULL);
    GRANTS(p->n_grant = 0, "grants: empty");
    GRANTS(p->n_grant = 901, "grants: 901 grants, at most 900");
    GRANTS(p->job.len = 15, "grants: job has 15 bytes, not 16");
    GRANTS(p->token.len = 17, "grants: token has 17 bytes, not 16");
    GRANTS(p->n_thread = 0, "grants: 1 grants but 0 threads");
    GRANTS(p->n_first = 0, "grants: 1 grants but 0 firsts");
    GRANTS(p->n_count = 0, "grants: 1 grants but 0 counts");
    GRANTS(p->n_lease_log2 = 0, "grants: 1 grants but 0 lease sizes");
}

/* One grant of that geometry. */
static const char *verdict_of_bounds(uint32_t thread, uint64_t first, uint64_t count,
                                     uint32_t log2)
{
    Pb__Grants p = good_grants();
    p.thread = &thread;
    p.first = &first;
    p.count = &count;
    p.lease_log2 = &log2;
    return verdict_of(PB__FRAME__BODY_GRANTS, &p.base);
}

static void the_geometry_of_a_grant_is_checked(void **state)
{
    (void)state;
    const uint64_t unit = 1 << 16, end = TRIALS_MAX;
    assert_null(verdict_of_bounds(4095, 0, 1, 16));
    assert_string_equal(verdict_of_bounds(4096, 0, 1, 16),
                        "grants: thread is 4096, not 0 to 4095");
    assert_string_equal(verdict_of_bounds(0, 0, 1, 15),
                        "grants: lease_log2 is 15, not 16 to 57");
    assert_string_equal(verdict_of_bounds(0, 0, 1, 58),
                        "grants: lease_log2 is 58, not 16 to 57");
    assert_string_equal(verdict_of_bounds(0, 0, 0, 16),
                        "grants: count is 0, not 1 to 4611686018427387904");
    assert_null(verdict_of_bounds(0, 0, 64 * unit, 16));
    assert_string_equal(verdict_of_bounds(0, 0, 64 * unit + 1, 16),
                        "grants: a grant of 65 leases, at most 64");
    assert_string_equal(verdict_of_bounds(0, 1, 64 * unit, 16),
                        "grants: a grant of 65 leases, at most 64");
    assert_null(verdict_of_bounds(0, end - 1, 1, 57));
    assert_null(verdict_of_bounds(0, 0, end, 57)); /* 32 leases */
    assert_string_equal(verdict_of_bounds(0, end - 1, 2, 57),
                        "grants: trials beyond 2^62");
    assert_string_equal(verdict_of_bounds(0, UINT64_MAX, 2, 57),
                        "grants: trials beyond 2^62");
}

static Pb__Resume good_resume(void)
{
    Pb__Resume p = PB__RESUME__INIT;
    p.job = p.token = (ProtobufCBinaryData){.len = 16, .data = sixteen};
    p.n_grant = p.n_thread = p.n_first = p.n_count = p.n_lease_log2 = 1;
    p.n_computing = p.n_unanswered = 1;
    p.grant = many;
    p.thread = &grant_thread;
    p.first = &grant_first;
    p.count = &grant_count;
    p.lease_log2 = &grant_log2;
    p.computing = many;
    p.unanswered = &grant_leases_held;
    return p;
}

#define RESUME(change, why) EXPECT(Resume, RESUME, good_resume(), change, why)

static void a_resume_is_checked(void **state)
{
    (void)state;
    RESUME((void)0, NULL);
    const Pb__Resume nothing_held = PB__RESUME__INIT;
    EXPECT(Resume, RESUME, nothing_held, p->last = true, NULL);
    RESUME(p->n_grant = 701, "resume: 701 grants, at most 700");
    RESUME(p->job.len = 17, "resume: job has 17 bytes, not 16");
    RESUME(p->token.len = 0, "resume: token has 0 bytes, not 16");
    RESUME(p->n_thread = 0, "resume: 1 grants but 0 threads");
    RESUME(p->n_first = 2, "resume: 1 grants but 2 firsts");
    RESUME(p->n_count = 0, "resume: 1 grants but 0 counts");
    RESUME(p->n_lease_log2 = 0, "resume: 1 grants but 0 lease sizes");
    RESUME(p->n_computing = 0, "resume: 1 grants but 0 sets to compute");
    RESUME(p->n_unanswered = 0, "resume: 1 grants but 0 sets unanswered");
    uint64_t third = 4;
    uint32_t thread = 4096;
    RESUME(p->thread = &thread, "resume: thread is 4096, not 0 to 4095");
    RESUME(p->computing = &third, "resume: a lease that its grant does not have");
    RESUME(p->unanswered = &third, "resume: a lease that its grant does not have");
    RESUME(p->unanswered = many, "resume: a lease both to compute and computed");
    RESUME(p->computing = p->unanswered = &no_leases, "resume: no lease in entry 0");
    RESUME(p->computing = &no_leases, NULL);
}

static uint64_t two_leases = 5;

static Pb__Results good_results(void)
{
    Pb__Results p = PB__RESULTS__INIT;
    p.n_grant = p.n_leases = p.n_rate = p.n_group_pieces = 1;
    p.group_pieces = many32; /* zeros */
    p.n_hits = 2;
    p.grant = p.rate = p.hits = p.pieces = many;
    p.leases = &two_leases;
    return p;
}

#define RESULTS(change, why) EXPECT(Results, RESULTS, good_results(), change, why)

static void results_are_checked(void **state)
{
    (void)state;
    uint64_t most[2] = {1, LEASE_TRIALS_MAX}, over[2] = {1, LEASE_TRIALS_MAX + 1};
    uint64_t rate = TRIALS_MAX + 1;
    RESULTS((void)0, NULL);
    RESULTS(p->n_grant = 0, "results: empty");
    RESULTS(p->n_grant = 257, "results: 257 grants, at most 256");
    RESULTS(p->n_leases = 2, "results: 1 grants but 2 sets of leases");
    RESULTS(p->n_rate = 0, "results: 1 grants but 0 rates");
    RESULTS(p->leases = &no_leases, "results: no lease in entry 0");
    RESULTS(p->n_hits = 1, "results: 2 leases but 1 hits");
    RESULTS(p->n_hits = 3, "results: 2 leases but 3 hits");
    RESULTS(p->n_hits = 2049, "results: 2049 hits, at most 2048");
    RESULTS(p->hits = most, NULL);
    RESULTS(p->hits = over,
            "results: hits is 144115188075855873, not 0 to 144115188075855872");
    RESULTS(p->rate = &rate,
            "results: rate is 4611686018427387905, not 0 to 4611686018427387904");
}

/* One group of two leases with that many pieces. */
#define PIECES(n, why) RESULTS((p->n_pieces = n, p->group_pieces = &(uint32_t){n}), why)

static void pieces_are_checked(void **state)
{
    (void)state;
    uint64_t piece[2] = {1, PIECE_TRIALS_MAX},
             piece_over[2] = {PIECE_TRIALS_MAX + 1, 1};
    PIECES(0, NULL);
    PIECES(1, "results: 1 pieces of 2 leases");
    PIECES(2, NULL);
    PIECES(128, NULL);
    PIECES(129, "results: 129 pieces of 2 leases");
    PIECES(4097, "results: 4097 pieces, at most 4096");
    RESULTS(p->n_group_pieces = 0, "results: 1 grants but 0 group_pieces");
    RESULTS(p->n_pieces = 2, "results: 0 pieces of 2 leases");
    RESULTS(p->group_pieces = &(uint32_t){2}, "results: 0 pieces but 2 in groups");
    RESULTS((p->n_pieces = 3, p->group_pieces = &(uint32_t){4}),
            "results: 3 pieces but 4 in groups");
    RESULTS((p->n_pieces = 2, p->group_pieces = &(uint32_t){2}, p->pieces = piece),
            NULL);
    RESULTS((p->n_pieces = 2, p->group_pieces = &(uint32_t){2}, p->pieces = piece_over),
            "results: pieces is 2251799813685249, not 0 to 2251799813685248");
}

static Pb__Answers good_answers(void)
{
    static uint64_t sets[4] = {1, 2, 4, UINT64_C(1) << 63};
    Pb__Answers p = PB__ANSWERS__INIT;
    p.n_grant = p.n_counted = p.n_covered = p.n_dropped = p.n_stale = 1;
    p.grant = many;
    p.counted = &sets[0];
    p.covered = &sets[1];
    p.dropped = &sets[2];
    p.stale = &sets[3];
    return p;
}

#define ANSWERS(change, why) EXPECT(Answers, ANSWERS, good_answers(), change, why)

static void answers_are_checked(void **state)
{
    (void)state;
    const char *twice = "answers: a lease answered twice in entry 0";
    ANSWERS((void)0, NULL);
    ANSWERS(p->n_grant = 0, "answers: empty");
    ANSWERS(p->n_grant = 1001, "answers: 1001 grants, at most 1000");
    ANSWERS(p->n_counted = 0, "answers: 1 grants but 0 sets counted");
    ANSWERS(p->n_covered = 0, "answers: 1 grants but 0 sets covered");
    ANSWERS(p->n_dropped = 0, "answers: 1 grants but 0 sets dropped");
    ANSWERS(p->n_stale = 0, "answers: 1 grants but 0 sets stale");
    ANSWERS(p->covered = p->counted, twice);
    ANSWERS(p->dropped = p->counted, twice);
    ANSWERS(p->dropped = p->covered, twice);
    ANSWERS(p->stale = p->counted, twice);
    ANSWERS(p->stale = p->covered, twice);
    ANSWERS(p->stale = p->dropped, twice);
    ANSWERS(p->counted = p->covered = p->dropped = p->stale = &no_leases,
            "answers: no lease in entry 0");
}

static void sets_of_leases_are_checked(void **state)
{
    (void)state;
    Pb__Cancel cancel = PB__CANCEL__INIT;
    cancel.n_grant = cancel.n_leases = 2;
    cancel.grant = cancel.leases = many;
    EXPECT(Cancel, CANCEL, cancel, (void)0, NULL);
    EXPECT(Cancel, CANCEL, cancel, p->n_leases = 1,
           "cancel: 2 grants but 1 sets of leases");
    EXPECT(Cancel, CANCEL, cancel, p->n_grant = 2001,
           "cancel: 2001 grants, at most 2000");
    EXPECT(Cancel, CANCEL, cancel, p->n_grant = 0, "cancel: empty");
    Pb__GiveBack back = PB__GIVE_BACK__INIT;
    back.n_grant = back.n_leases = 1;
    back.grant = many;
    back.leases = &no_leases;
    EXPECT(GiveBack, GIVE_BACK, back, (void)0, "give back: no lease in entry 0");
    EXPECT(GiveBack, GIVE_BACK, back, p->leases = many, NULL);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(bytes_that_are_no_frame_are_refused),
        T(unknown_fields_are_ignored),
        T(small_frames_cannot_take_much_memory),
        T(a_hello_is_checked),
        T(an_operator_needs_no_name_secret_or_threads),
        T(a_hello_of_other_protocols_is_taken_for_its_range),
        T(a_string_cannot_hide_bytes_behind_a_nul),
        T(a_welcome_is_checked),
        T(an_unknown_refusal_is_still_a_refusal),
        T(every_reason_of_a_refusal_is_known),
        T(a_negative_time_is_none),
        T(a_goodbye_is_checked),
        T(a_heartbeat_is_checked),
        T(grants_are_checked),
        T(the_geometry_of_a_grant_is_checked),
        T(a_resume_is_checked),
        T(results_are_checked),
        T(pieces_are_checked),
        T(answers_are_checked),
        T(sets_of_leases_are_checked),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
