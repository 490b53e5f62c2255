// SPDX-License-Identifier: MIT
/*
 * docs/PROTOCOL.md against the code: every frame of its examples decodes to the
 * fields that stand below it and encodes to the same bytes; known answers, limits and
 * what the examples claim of ids, tokens and hits are right.  Run from the project's
 * root.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/kernel/kernel.h"
#include "common/kernel/philox.h"
#include "common/sys/hash.h"
#include "common/wire/wire.h"
#include "tests/lib/msg_text.h"

enum { EXAMPLES_MAX = 40, EXAMPLE_BYTES = 400 };

struct example {
    char name[40];
    uint8_t bytes[EXAMPLE_BYTES];
    size_t n;
    char fields[2000];
    struct msg message;
    struct arena arena;
};

static struct example examples[EXAMPLES_MAX];
static size_t n_examples;
static char *document;

/* ---- the document ---- */

static char *read_document(void)
{
    FILE *in = fopen("docs/PROTOCOL.md", "r");
    if (!in)
        fail_msg("docs/PROTOCOL.md is not here: run this from the project's root");
    char *text = mem_zero(1 << 20, 1);
    size_t n = fread(text, 1, (1 << 20) - 1, in);
    assert_true(feof(in) && n > 0);
    fclose(in);
    return text;
}

/*
 * The next fenced block of that kind from *at on: its lines are [start, end), what
 * stands behind the kind is `title`.  *at moves behind it.  NULL: there is none.
 */
static const char *next_fence(const char **at, const char *kind, char title[40],
                              const char **ret_end)
{
    char opening[20];
    snprintf(opening, sizeof(opening), "\n```%s", kind);
    const char *fence = strstr(*at, opening);
    if (!fence)
        return NULL;
    title[0] = '\0';
    sscanf(fence + strlen(opening), "%*1[ ]%39[a-z-]", title);
    const char *start = strchr(fence + 1, '\n') + 1;
    const char *end = strstr(start, "```");
    assert_non_null(end);
    *at = end;
    *ret_end = end;
    return start;
}

/* Pairs of hexadecimal digits; '#' begins a comment. */
static size_t parse_hex(const char *at, const char *end, uint8_t *ret)
{
    size_t n = 0;
    while (at < end) {
        unsigned byte;
        if (*at == '#') {
            at = strchr(at, '\n');
        } else if (*at == ' ' || *at == '\n') {
            at++;
        } else {
            assert_int_equal(sscanf(at, "%2x", &byte), 1);
            assert_true(n < EXAMPLE_BYTES);
            ret[n++] = (uint8_t)byte;
            at += 2;
        }
    }
    return n;
}

/* Every example is a block of hex and, before the next one, a block of fields. */
static int read_examples(void **state)
{
    (void)state;
    document = read_document();
    const char *at = document, *start, *end;
    char none[40];
    for (;;) {
        struct example *x = &examples[n_examples];
        start = next_fence(&at, "hex", x->name, &end);
        if (!start)
            break;
        x->n = parse_hex(start, end, x->bytes);
        start = next_fence(&at, "fields", none, &end);
        assert_non_null(start);
        assert_true((size_t)(end - start) < sizeof(x->fields));
        memcpy(x->fields, start, (size_t)(end - start));
        n_examples++;
        assert_true(n_examples < EXAMPLES_MAX);
    }
    return 0;
}

static int forget_examples(void **state)
{
    (void)state;
    free(document);
    return 0;
}

/* The decoded example of that name; release its arena. */
static const struct msg *example(const char *name)
{
    for (size_t i = 0; i < n_examples; i++) {
        struct example *x = &examples[i];
        const char *why = "";
        if (strcmp(x->name, name) != 0)
            continue;
        arena_release(&x->arena);
        arena_init(&x->arena, WIRE_BUDGET_BYTES);
        if (wire_decode(x->bytes + FRAME_HEADER_BYTES, x->n - FRAME_HEADER_BYTES,
                        &x->arena, &x->message, &why) < 0)
            fail_msg("example %s: %s", name, why);
        return &x->message;
    }
    fail_msg("docs/PROTOCOL.md has no example %s", name);
    return NULL;
}

static void release_examples(void)
{
    for (size_t i = 0; i < n_examples; i++)
        arena_release(&examples[i].arena);
}

/* ---- frames ---- */

static void every_example_says_what_stands_below_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_examples; i++) {
        char *text = msg_text(example(examples[i].name));
        assert_string_equal(text, examples[i].fields);
        free(text);
    }
    release_examples();
}

static void every_example_encodes_to_the_same_bytes(void **state)
{
    (void)state;
    struct arena scratch;
    arena_init(&scratch, 0);
    for (size_t i = 0; i < n_examples; i++) {
        uint8_t out[EXAMPLE_BYTES];
        const struct msg *m = example(examples[i].name);
        size_t n = wire_encode(m, &scratch, out, sizeof(out));
        assert_int_equal(n, examples[i].n);
        assert_memory_equal(out, examples[i].bytes, n);
    }
    arena_release(&scratch);
    release_examples();
}

static void there_is_an_example_of_every_kind_of_message(void **state)
{
    (void)state;
    bool seen[MSG_REPLY + 1] = {false};
    for (size_t i = 0; i < n_examples; i++)
        seen[example(examples[i].name)->type] = true;
    for (enum msg_type type = 0; type <= MSG_REPLY; type++)
        if (!seen[type])
            fail_msg("no example of message type %d", (int)type);
    release_examples();
}

/* ---- what the examples claim ---- */

static void the_id_in_the_example_is_the_hash_of_the_secret(void **state)
{
    (void)state;
    assert_true(hash_worker_id(example("hello")->hello.secret) ==
                example("welcome")->welcome.worker);
    release_examples();
}

static void the_token_in_the_example_is_the_mac(void **state)
{
    (void)state;
    const struct msg_grants *g = &example("grants")->grants;
    const uint64_t words[] = {g->first[0], g->count[0],
                              example("welcome")->welcome.worker};
    uint8_t key[32], data[UID_BYTES + sizeof(words)], token[TOKEN_BYTES];
    memset(key, 0x2a, sizeof(key));
    memcpy(data, g->job, UID_BYTES);
    for (size_t i = 0; i < sizeof(words); i++)
        data[UID_BYTES + i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
    struct hash_mac mac;
    hash_mac_init(&mac, key, sizeof(key));
    hash_mac(&mac, data, sizeof(data), token);
    hash_mac_release(&mac);
    assert_memory_equal(token, g->token, TOKEN_BYTES);
    release_examples();
}

static void the_hits_in_the_example_are_those_of_the_grant(void **state)
{
    (void)state;
    const struct msg_grants *g = &example("grants")->grants;
    const struct msg_results *r = &example("results")->results;
    uint32_t n = grant_leases(g->first[0], g->count[0], g->lease_log2[0]);
    assert_true(r->grant[0] == g->grant[0]);
    assert_true(r->leases[0] == leases_mask(n));
    for (uint32_t i = 0; i < n; i++) {
        struct range l = grant_lease(g->first[0], g->count[0], g->lease_log2[0], i);
        uint64_t hits = kernel_reference_hits(g->seed, l.first, l.count);
        assert_true(r->hits[i] == hits);
        assert_true(lease_piece(l.count) >= l.count); /* so one piece, and */
        assert_true(r->pieces[i] == hits);
    }
    release_examples();
}

/* ---- known answers and limits ---- */

/* Calls `line` for every line of the block that is no comment; returns how many. */
static unsigned each_line(const char *kind, void (*line)(const char *text))
{
    const char *at = document, *end;
    char title[40];
    unsigned n = 0;
    const char *text = next_fence(&at, kind, title, &end);
    assert_non_null(text);
    for (; text < end; text = strchr(text, '\n') + 1) {
        char one[200];
        if (*text == '#')
            continue;
        snprintf(one, sizeof(one), "%.*s", (int)strcspn(text, "\n"), text);
        line(one);
        n++;
    }
    return n;
}

static void check_trials(const char *line)
{
    uint64_t seed, first, count, hits, counted;
    const struct kernel *k;
    assert_int_equal(sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64, &seed,
                            &first, &count, &hits),
                     4);
    assert_int_equal(kernel_choose("auto", &k), 0);
    assert_int_equal(kernel_count(k, seed, first, count, count, NULL, NULL, &counted),
                     0);
    if (hits != counted)
        fail_msg("not so: %s hits are %" PRIu64, line, counted);
}

static void check_philox(const char *line)
{
    uint32_t w[10], result[4];
    int n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(w); i++, line += n)
        assert_int_equal(sscanf(line, "%" SCNx32 "%n", &w[i], &n), 1);
    philox4x32_10(w, w + 4, result);
    assert_memory_equal(result, w + 6, sizeof(result));
}

static void the_known_answers_are_right(void **state)
{
    (void)state;
    assert_true(each_line("trials", check_trials) >= 10);
    assert_true(each_line("philox", check_philox) >= 3);
}

/* "65,535": as the document writes numbers. */
static const char *grouped(uint64_t n)
{
    static char text[4][32];
    static unsigned next;
    char *t = text[next++ % 4];
    if (n < 1000)
        snprintf(t, sizeof(text[0]), "%" PRIu64, n);
    else
        snprintf(t, sizeof(text[0]), "%" PRIu64 ",%03" PRIu64, n / 1000, n % 1000);
    return t;
}

__attribute__((format(printf, 1, 2))) static void expect_line(const char *format, ...)
{
    char line[200];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (!strstr(document, line))
        fail_msg("docs/PROTOCOL.md does not say: %s", line);
}

static void the_test_range_is_that_of_the_code(void **state)
{
    (void)state;
    expect_line("%22" PRIu64 " %20" PRIu64 " %10d %10d", KERNEL_TEST_SEED,
                KERNEL_TEST_FIRST, KERNEL_TEST_COUNT, KERNEL_TEST_HITS);
    assert_int_equal(
        kernel_reference_hits(KERNEL_TEST_SEED, KERNEL_TEST_FIRST, KERNEL_TEST_COUNT),
        KERNEL_TEST_HITS);
}

static void the_limits_are_those_of_the_code(void **state)
{
    (void)state;
    expect_line("| a frame's body | %s bytes; %s until Welcome |",
                grouped(FRAME_BODY_MAX), grouped(FRAME_HELLO_MAX));
    expect_line("| a string | %d bytes |", TEXT_BYTES);
    expect_line("| a name | %d bytes |", NAME_BYTES);
    expect_line("| `proof` | %d bytes |", PROOF_BYTES);
    expect_line("| Heartbeat | 0 to %s entries |", grouped(HEARTBEAT_MAX));
    expect_line("| Resume | 0 to %d grants |", RESUME_MAX);
    expect_line("| Grants | 1 to %d grants |", GRANTS_MAX);
    expect_line("| Results | 1 to %d grants, %s hits, %s pieces |", RESULTS_GRANTS_MAX,
                grouped(RESULTS_HITS_MAX), grouped(RESULTS_PIECES_MAX));
    expect_line("| Answers | 1 to %s grants |", grouped(ANSWERS_MAX));
    expect_line("| Cancel, GiveBack | 1 to %s grants |", grouped(CANCEL_MAX));
    expect_line("| a list in a reply | %d entries |", LIST_MAX);
    expect_line("| join strings in a reply | %d of each role |", JOINS_MAX);
    expect_line("| a join string | %d bytes |", JOIN_TEXT_MAX);
    expect_line("| a ledger | %s cells |", grouped(CELLS_MAX));
    expect_line("| a grant | %d leases |", GRANT_LEASES);
    expect_line("| a lease | 2^%d trials |", LEASE_LOG2_MAX);
    expect_line("| a piece | 2^%d trials |", __builtin_ctzll(PIECE_TRIALS_MAX));
    expect_line("16 <= lease_log2 <= %d", LEASE_LOG2_MAX);
    expect_line("computes with, 1 to %s.", grouped(WORKER_THREADS_MAX));
}

static void the_codes_are_those_of_the_code(void **state)
{
    (void)state;
    expect_line("| REFUSAL_PROTOCOL = %d |", REFUSAL_PROTOCOL);
    expect_line("| REFUSAL_TOKEN = %d |", REFUSAL_TOKEN);
    expect_line("| REFUSAL_PLAINTEXT = %d |", REFUSAL_PLAINTEXT);
    expect_line("| REFUSAL_BANNED = %d |", REFUSAL_BANNED);
    expect_line("| REFUSAL_MALFORMED = %d |", REFUSAL_MALFORMED);
    expect_line("| REFUSAL_FULL = %d |", REFUSAL_FULL);
    expect_line("| REFUSAL_REPLACED = %d |", REFUSAL_REPLACED);
    expect_line("| REFUSAL_ROLE = %d |", REFUSAL_ROLE);
    expect_line("| REFUSAL_KERNEL = %d |", REFUSAL_KERNEL);
    expect_line("ERROR_BAD_REQUEST = %d", ERROR_BAD_REQUEST);
    expect_line("ERROR_NO_SUCH_JOB = %d", ERROR_NO_SUCH_JOB);
    expect_line("ERROR_NO_SUCH_WORKER = %d", ERROR_NO_SUCH_WORKER);
    expect_line("ERROR_NOT_POSSIBLE = %d", ERROR_NOT_POSSIBLE);
    expect_line("ERROR_STORAGE = %d", ERROR_STORAGE);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_example_says_what_stands_below_it),
        T(every_example_encodes_to_the_same_bytes),
        T(there_is_an_example_of_every_kind_of_message),
        T(the_id_in_the_example_is_the_hash_of_the_secret),
        T(the_token_in_the_example_is_the_mac),
        T(the_hits_in_the_example_are_those_of_the_grant),
        T(the_known_answers_are_right),
        T(the_test_range_is_that_of_the_code),
        T(the_limits_are_those_of_the_code),
        T(the_codes_are_those_of_the_code),
    };
    return cmocka_run_group_tests(tests, read_examples, forget_examples);
}
