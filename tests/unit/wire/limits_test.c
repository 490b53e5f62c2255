// SPDX-License-Identifier: MIT
/*
 * Every limit of common/wire/limits.h, msg.h and lease.h: there is a row for it here,
 * the documents say it, and it is tried at its value and one beyond: here, where it is
 * one of a message, or else in the test that its row names.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/frame.h"
#include "common/wire/limits.h"
#include "common/wire/wire.h"
#include "tests/lib/wire_sized.h"

/* ---- the table ---- */

#define OPERATIONS "docs/OPERATIONS.md"
#define PROTOCOL "docs/PROTOCOL.md"
#define SECURITY "docs/SECURITY.md"
#define ARCHITECTURE "docs/ARCHITECTURE.md"

struct limit {
    const char *name;
    uint64_t value;
    const char *document, *said; /* there, on one line; NULL: nobody else's matter */
    const char *(*verdict)(uint64_t n); /* tried here; or, in tests: */
    const char *file, *test;
    bool least; /* it is the least, not the most */
};

#define SAID(name) #name, name
#define IN(file_, test_) .file = "tests/" file_, .test = test_

static const struct limit limits[] = {
    /* limits.h */
    {SAID(LIMIT_SPARE_FDS), OPERATIONS, "| connections | descriptors - 64 |",
     IN("e2e/errors-say-what-to-do.sh", "# No more descriptors: ")},
    {SAID(LIMIT_REFUSED_AT_ONCE), OPERATIONS, "| 32 at a time get, ",
     IN("e2e/errors-say-what-to-do.sh", "# No more descriptors: ")},
    {SAID(LIMIT_AN_ORIGIN), OPERATIONS, "this machine: any | 256 |",
     IN("unit/net/address_count_test.c",
        "one_address_may_have_so_many_and_not_one_more")},
    {SAID(HEARTBEAT_MS), PROTOCOL, "Every `heartbeat_ms` (2,000)",
     IN("unit/worker/agent_test.c", "heartbeats_go_out_at_the_pace_of_welcome")},
    {SAID(SILENT_MS), OPERATIONS, "| silence of a worker that is welcome | 6 s |",
     IN("unit/core/coord_session_test.c",
        "a_worker_is_lost_after_six_seconds_without_a_byte")},
    {SAID(RESUME_WAIT_MS), PROTOCOL, "with `last` has 5 s from Welcome",
     IN("unit/core/coord_session_test.c", "who_never_resumes_is_told_so")},
    {SAID(LATE_MS), ARCHITECTURE, "A step that comes more than a second after",
     IN("unit/core/coord_session_test.c", "a_tick_that_is_a_little_late_moves_none")},
    {SAID(LIMIT_FIRST_MS), OPERATIONS, "the whole first frame | 5 s each, absolute |",
     IN("unit/net/conn_deadline_test.c", "who_says_nothing_has_five_seconds")},
    {SAID(LIMIT_HANDSHAKES), OPERATIONS, "| handshakes at once | 64; ",
     IN("unit/net/conn_crowd_test.c",
        "handshakes_are_bounded_and_the_rest_wait_their_turn")},
    {SAID(LIMIT_HANDSHAKES_ORIGIN), OPERATIONS, "; 16 from one address",
     IN("unit/net/conn_crowd_test.c", "one_origin_takes_a_quarter_of_all_handshakes")},
    {SAID(LIMIT_HANDSHAKE_MS), OPERATIONS, "one that has taken a second gives way",
     IN("unit/net/conn_crowd_test.c",
        "a_handshake_that_stands_still_gives_way_after_a_second")},
    {SAID(LIMIT_FRAMES), OPERATIONS, "| frames of one peer | 4,000 a second, ",
     IN("unit/net/conn_meter_test.c",
        "up_to_its_frames_a_peer_is_read_and_then_later")},
    {SAID(LIMIT_BYTES), OPERATIONS, "| bytes of one peer | 16 MiB a second |",
     IN("unit/net/conn_meter_test.c", "up_to_its_bytes_a_peer_is_read_and_then_later")},
    {SAID(LIMIT_SOFT_BYTES), OPERATIONS, "does not read | 64 KiB; 256 KiB |",
     IN("unit/net/conn_test.c", "who_has_much_to_read_is_not_read")},
    {SAID(LIMIT_HARD_BYTES), OPERATIONS, "| the same | 8 MiB | dropped |",
     IN("unit/net/conn_protocol_test.c",
        "a_viewer_that_never_reads_is_dropped_at_the_hard_limit")},
    {SAID(LIMIT_DECODE_BYTES), OPERATIONS,
     "| memory for decoding one frame | 1 MiB, one arena for all |",
     IN("unit/wire/wire_rules_test.c", "small_frames_cannot_take_much_memory")},
    {SAID(LIMIT_WAITING_RESULTS), SECURITY, "DROPPED beyond 4,096 that wait",
     IN("unit/core/coord_store_test.c",
        "of_each_worker_so_many_results_wait_and_no_more")},
    {SAID(LIMIT_NEW_IDS_HOUR), OPERATIONS, "| 100,000; 1,000 (`--per-address`)",
     IN("unit/core/coord_newcomers_test.c",
        "this_machine_is_bounded_only_with_all_others")},
    {SAID(LIMIT_NEW_IDS_HOUR_ORIGIN), OPERATIONS, "; 1,000 (`--per-address`)",
     IN("unit/core/coord_newcomers_test.c",
        "so_many_come_from_one_address_and_not_one_more")},
    {SAID(LIMIT_THREADS_ORIGIN), OPERATIONS, "together; this machine: any | 4,096 |",
     IN("unit/core/coord_people_test.c", "an_address_may_claim_so_many_threads")},

    /* msg.h */
    {SAID(PROTOCOL_MIN), NULL, NULL, .verdict = sized_hello_from, .least = true},
    {SAID(PROTOCOL_MAX), NULL, NULL, .verdict = sized_hello_from},
    {SAID(UID_BYTES), PROTOCOL, "`job` is its uid (16 bytes)",
     .verdict = sized_hello_secret},
    {SAID(TOKEN_BYTES), PROTOCOL, "and 16 bytes of `token`",
     .verdict = sized_grants_token},
    {SAID(NAME_BYTES), PROTOCOL, "| a name | 32 bytes |", .verdict = sized_hello_name},
    {SAID(TEXT_BYTES), PROTOCOL, "| a string | 200 bytes |",
     .verdict = sized_bye_reason},
    {SAID(PROOF_BYTES), PROTOCOL, "| `proof` | 64 bytes |",
     .verdict = sized_hello_proof},
    {SAID(JOIN_TEXT_MAX), PROTOCOL, "| a join string | 400 bytes |",
     .verdict = sized_join_bytes},
    {SAID(ARG_BYTES), PROTOCOL, "| `arg` | 256 bytes |", .verdict = sized_grants_arg},
    {SAID(STDERR_BYTES), PROTOCOL,
     "| `failed_stderr`, `stderr` of a program | 2,048 bytes |",
     .verdict = sized_resume_stderr},
    {SAID(PROGRAMS_MAX), PROTOCOL, "| programs of a worker | 8 |",
     .verdict = sized_hello_offers},
    {"UNIT_LOG2", UINT64_C(1) << UNIT_LOG2, PROTOCOL,
     "with `score` a trial counts 0 to 65,536,", .verdict = sized_score_of_a_trial},
    {SAID(HELLO_TEXT_BYTES), NULL, NULL, /* what is sent, not what is taken */
     IN("unit/wire/wire_test.c", "texts_are_cleaned_and_cut_on_the_way_out")},
    {SAID(THREAD_GRANTS_MAX), SECURITY, "memory for 64 grants of each thread",
     IN("unit/worker/agent_work_test.c",
        "more_grants_for_a_thread_than_agreed_break_the_protocol")},
    {SAID(WORKER_THREADS_MAX), PROTOCOL, "how many it computes with, 1 to 4,096.",
     .verdict = sized_hello_threads},
    {SAID(RESUME_MAX), PROTOCOL, "| Resume | 0 to 700 grants |",
     .verdict = sized_resume_entries},
    {SAID(GRANTS_MAX), PROTOCOL, "| Grants | 1 to 900 grants |",
     .verdict = sized_grants_entries},
    {SAID(RESULTS_GRANTS_MAX), PROTOCOL, "| Results | 1 to 256 grants, ",
     .verdict = sized_results_grants},
    {SAID(RESULTS_HITS_MAX), PROTOCOL, " grants, 2,048 hits, ",
     .verdict = sized_results_hits},
    {SAID(RESULTS_PIECES_MAX), PROTOCOL, " hits, 4,096 pieces |",
     .verdict = sized_results_pieces},
    {SAID(ANSWERS_MAX), PROTOCOL, "| Answers | 1 to 1,000 grants |",
     .verdict = sized_answers_entries},
    {SAID(CANCEL_MAX), PROTOCOL, "| Cancel, GiveBack | 1 to 2,000 grants |",
     .verdict = sized_cancel_entries},
    {SAID(HEARTBEAT_MAX), PROTOCOL, "| Heartbeat | 0 to 4,096 entries |",
     .verdict = sized_heartbeat_entries},
    {SAID(LIST_MAX), PROTOCOL, "| a list in a reply | 100 entries |",
     .verdict = sized_lists},
    {SAID(LIST_JOBS), NULL, NULL, /* what is sent, not what is taken */
     IN("unit/core/query_test.c", "long_lists_come_in_pieces")},
    {SAID(LIST_WORKERS), NULL, NULL, /* as LIST_JOBS */
     IN("unit/core/query_test.c", "workers_come_in_pieces")},
    {SAID(CELLS_MAX), PROTOCOL, "| a ledger | 1,313 cells |",
     .verdict = sized_ledger_cells},
    {SAID(JOINS_MAX), PROTOCOL, "| join strings in a reply | 64 of each role |",
     .verdict = sized_joins},
    {SAID(BACKUP_BYTES), PROTOCOL, "at most 32,768 bytes of `data` a frame",
     .verdict = sized_backup_piece},
    {SAID(TRIALS_MAX), PROTOCOL, "1 <= count, first + count <= 2^62.",
     .verdict = sized_extend_to},
    {SAID(PROGRAM_TRIALS_MAX), PROTOCOL, "Such a job has at most 2^46 trials.",
     .verdict = sized_submit_of_program},

    /* lease.h */
    {SAID(GRANT_LEASES), PROTOCOL, "| a grant | 64 leases |",
     .verdict = sized_grant_of_leases},
    {SAID(LEASE_LOG2_MIN), PROTOCOL, "16 <= lease_log2 <= 57",
     .verdict = sized_grant_of_log2, .least = true},
    {SAID(LEASE_LOG2_MAX), PROTOCOL, "16 <= lease_log2 <= 57",
     .verdict = sized_grant_of_log2},
    {SAID(LEASE_PIECES), PROTOCOL, "and makes at most 64 pieces.",
     .verdict = sized_lease_of_pieces},
    {SAID(LEASE_TRIALS_MAX), PROTOCOL, "| a lease | 2^57 trials |",
     .verdict = sized_lease_of_hits},
    {SAID(PIECE_TRIALS_MAX), PROTOCOL, "| a piece | 2^51 trials |",
     .verdict = sized_piece_of_hits},
};

/* ---- what is checked of it ---- */

/* Whether a number stands in a text as the documents write it. */
static bool says(const char *text, uint64_t n)
{
    char forms[5][64];
    int at = 0;
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    for (int i = 0; i < length; i++)
        at += snprintf(forms[0] + at, sizeof(forms[0]) - (size_t)at, "%s%c",
                       i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
    snprintf(forms[1], sizeof(forms[1]), n == 1000 ? "a second" : "%" PRIu64 " s ",
             n / 1000);
    snprintf(forms[2], sizeof(forms[2]), "%" PRIu64 " KiB", n >> 10);
    snprintf(forms[3], sizeof(forms[3]), "%" PRIu64 " MiB", n >> 20);
    snprintf(forms[4], sizeof(forms[4]), "2^%d", n ? __builtin_ctzll(n) : 0);
    const bool exact[5] = {true, n % 1000 == 0 && n > 0, n % (1 << 10) == 0,
                           n % (1 << 20) == 0, n > 0 && (n & (n - 1)) == 0};
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (exact[i] && strstr(text, forms[i]))
            return true;
    return false;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is not there", path);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
    fclose(file);
    return text;
}

static void expect_in(const char *path, const char *what, const char *name)
{
    char *text = read_file(path);
    if (!strstr(text, what))
        fail_msg("%s: %s does not have \"%s\"", name, path, what);
    free(text);
}

static void each_is_said_in_its_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        const struct limit *l = &limits[i];
        if (!l->document)
            continue;
        if (!says(l->said, l->value))
            fail_msg("%s is %" PRIu64 ", not \"%s\"", l->name, l->value, l->said);
        expect_in(l->document, l->said, l->name);
    }
}

static void each_is_tried_at_it_and_one_beyond(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        const struct limit *l = &limits[i];
        if (!l->verdict)
            continue;
        const char *at = l->verdict(l->value);
        if (at)
            fail_msg("%s: refused at %" PRIu64 ": %s", l->name, l->value, at);
        if (!l->verdict(l->least ? l->value - 1 : l->value + 1))
            fail_msg("%s: one beyond %" PRIu64 " is taken", l->name, l->value);
    }
}

/* A function, which is in the list of tests as well; or a scenario's line. */
static void each_other_names_its_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        const struct limit *l = &limits[i];
        char text[128];
        assert_int_equal(!l->verdict, l->file != NULL);
        if (!l->file)
            continue;
        bool function = strstr(l->file, "_test.c") != NULL;
        snprintf(text, sizeof(text), function ? "static void %s(void **state)" : "%s",
                 l->test);
        expect_in(l->file, text, l->name);
        snprintf(text, sizeof(text), "(%s)", l->test);
        if (function)
            expect_in(l->file, text, l->name);
    }
}

static bool is_known(const char *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
        if (strlen(limits[i].name) == n && memcmp(limits[i].name, name, n) == 0)
            return true;
    return false;
}

/* Each constant of the enums without a name, and each #define that ends with _MAX. */
static void each_of_the_headers_has_its_row(void **state)
{
    static const char *const headers[] = {"common/wire/limits.h", "common/wire/msg.h",
                                          "common/wire/lease.h"};
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t found = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        char *text = read_file(headers[i]), *rest = NULL;
        bool within = false;
        for (char *line = strtok_r(text, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest)) {
            bool begins = strcmp(line, "enum {") == 0;
            within = begins || (within && line[0] != '}');
            const char *name = line + strspn(line, " ");
            bool define = strncmp(name, "#define ", 8) == 0;
            name += define ? 8 : 0;
            size_t n = strspn(name, capitals);
            bool of_enum = within && strncmp(name + n, " =", 2) == 0;
            define = define && n > 4 && strncmp(name + n - 4, "_MAX", 4) == 0 &&
                     name[n] == ' ' && name[n + 1] == '(';
            if (!of_enum && !define)
                continue;
            if (!is_known(name, n))
                fail_msg("%s: %.*s has no row here", headers[i], (int)n, name);
            found++;
        }
        free(text);
    }
    assert_int_equal(found, ARRAY_SIZE(limits)); /* and each row its constant */
}

/* The length of a frame, until Welcome and from then on. */
static void a_frame_is_as_long_as_may_be(void **state)
{
    static const size_t most[] = {FRAME_HELLO_MAX, FRAME_BODY_MAX};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(most); i++) {
        for (size_t n = most[i]; n <= most[i] + 1; n++) {
            struct frame_reader r;
            const uint8_t *body;
            size_t room, length;
            frame_reader_init(&r, most[i]);
            uint8_t *to = frame_reader_room(&r, &room);
            assert_true(room >= FRAME_HEADER_BYTES);
            for (size_t k = 0; k < FRAME_HEADER_BYTES; k++)
                to[k] = (uint8_t)(n >> (24 - 8 * k));
            frame_reader_filled(&r, FRAME_HEADER_BYTES);
            assert_int_equal(frame_next(&r, &body, &length),
                             n == most[i] ? FRAME_NONE : FRAME_BAD);
            frame_reader_release(&r);
        }
    }
    expect_in(PROTOCOL, "| a frame's body | 65,535 bytes; 1,024 until Welcome |",
              "FRAME_BODY_MAX");
    expect_in(OPERATIONS, "| a frame before Welcome | 1 KiB |", "FRAME_HELLO_MAX");
}

static int setup(void **state)
{
    (void)state;
    wire_sized_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_the_headers_has_its_row),
        cmocka_unit_test(each_is_said_in_its_document),
        cmocka_unit_test(each_is_tried_at_it_and_one_beyond),
        cmocka_unit_test(each_other_names_its_test),
        cmocka_unit_test(a_frame_is_as_long_as_may_be),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
