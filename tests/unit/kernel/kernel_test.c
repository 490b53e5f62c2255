// SPDX-License-Identifier: MIT
/*
 * The generator against its published answers; every variant that runs on this machine
 * against the vectors and the reference; and the promises of kernel_count, with fake
 * variants where a real one cannot test them.
 */
#include "common/kernel/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/kernel/trial.h"
#include "tests/lib/vectors.h"

enum { RANDOM_CASES = 2000, RANDOM_COUNT_MAX = 700, VARIANTS_MAX = 8, PIECES = 64 };

/* The variants that run here, so that one added later is tested by what is here.
 * Found once, by the group's setup: each choice costs a self-test. */
static const struct kernel *usable[VARIANTS_MAX];
static size_t usable_n;

static int find_usable(void **state)
{
    (void)state;
    size_t n;
    const struct kernel *const *list = kernel_list(&n);
    for (size_t i = 0; i < n && usable_n < VARIANTS_MAX; i++)
        if (kernel_choose(list[i]->name, &usable[usable_n]) == 0)
            usable_n++;
    return usable_n > 0 ? 0 : -1;
}

static uint64_t count_of(const struct kernel *k, uint64_t seed, uint64_t first,
                         uint64_t count)
{
    uint64_t hits;
    assert_int_equal(kernel_count(k, seed, first, count, 0, NULL, NULL, &hits), 0);
    return hits;
}

/* splitmix64: a generator that has nothing to do with the one under test. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The next line of a vector file that is not a comment. */
static bool next_line(FILE *file, char *line, int size)
{
    while (fgets(line, size, file))
        if (line[0] != '#' && line[0] != '\n')
            return true;
    return false;
}

static void the_generator_gives_its_published_answers(void **state)
{
    (void)state;
    FILE *file = fopen("tests/vectors/philox4x32-10.txt", "r");
    assert_non_null(file);
    char line[256];
    int cases = 0;
    for (; next_line(file, line, sizeof(line)); cases++) {
        uint32_t v[10], got[4];
        assert_int_equal(sscanf(line,
                                "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32
                                "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32,
                                &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7],
                                &v[8], &v[9]),
                         10);
        philox4x32_10(v, v + 4, got);
        assert_memory_equal(got, v + 6, sizeof(got));
    }
    fclose(file);
    assert_int_equal(cases, 3);
}

static void every_variant_gives_the_known_counts(void **state)
{
    (void)state;
    FILE *file = fopen("tests/vectors/hits.txt", "r");
    assert_non_null(file);
    char line[256];
    int cases = 0;
    for (; next_line(file, line, sizeof(line)); cases++) {
        uint64_t seed, first, count, hits;
        assert_int_equal(sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64,
                                &seed, &first, &count, &hits),
                         4);
        for (size_t i = 0; i < usable_n; i++)
            assert_int_equal(count_of(usable[i], seed, first, count), hits);
        if (count <= 20000)
            assert_int_equal(kernel_reference_hits(seed, first, count), hits);
    }
    fclose(file);
    assert_int_equal(cases, 16);
}

static void assert_place(char *const *word)
{
    uint64_t seed = strtoull(word[0], NULL, 10), i = strtoull(word[1], NULL, 10);
    uint32_t block[4], fine[4];
    trial_words(seed, TRIAL_COARSE, i >> 2, block);
    trial_words(seed, TRIAL_FINE, i, fine);
    uint32_t w = block[i & 3];
    const int64_t unit = INT64_C(1) << 32;
    assert_int_equal(2 * (trial_a(w) * unit + fine[0]) + 1, strtoll(word[2], NULL, 10));
    assert_int_equal(2 * (trial_b(w) * unit + fine[1]) + 1, strtoll(word[3], NULL, 10));
    uint64_t hit = strtoull(word[4], NULL, 10);
    assert_int_equal(trial_hit(seed, i, w), hit);
    assert_int_equal(kernel_reference_hits(seed, i, 1), hit);
    for (size_t k = 0; k < usable_n; k++)
        assert_int_equal(count_of(usable[k], seed, i, 1), hit);
}

static void trials_lie_where_the_page_draws_them(void **state)
{
    (void)state;
    vectors_each("places.txt", 5, 41, assert_place);
}

/* All corners of the cells (+-a, +-b) must be inside, or all must be outside. */
static void assert_cells(int32_t a, int32_t b, bool inside)
{
    for (uint32_t signs = 0; signs < 4; signs++) {
        int32_t x = signs & 1 ? -a : a, y = signs & 2 ? -b : b;
        if (x > 0x7fff || y > 0x7fff)
            continue; /* 2^15 exists only as -2^15 */
        uint32_t w = ((uint32_t)x & 0xffff) | (uint32_t)y << 16;
        for (uint32_t corner = 0; corner < 4; corner++)
            assert_int_equal(trial_inside(w, 0 - (corner & 1), 0 - (corner >> 1)),
                             inside);
    }
}

/* For each |a| the outermost cell that counts as a sure hit and the innermost that
 * counts as a sure miss: all others lie further from the circle. */
static void a_sure_word_never_needs_the_fine_ones(void **state)
{
    (void)state;
    uint32_t inner = 0x8000, outer = 0x8000;
    for (uint32_t a = 0; a <= 0x8000; a++) {
        while (inner > 0 && a * a + inner * inner >= TRIAL_SURE_HIT)
            inner--;
        while (outer > 0 && a * a + (outer - 1) * (outer - 1) >= TRIAL_SURE_MISS)
            outer--;
        if (a * a + inner * inner < TRIAL_SURE_HIT)
            assert_cells((int32_t)a, (int32_t)inner, true);
        if (a * a + outer * outer >= TRIAL_SURE_MISS)
            assert_cells((int32_t)a, (int32_t)outer, false);
    }
}

static void assert_same_as_reference(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t expected = kernel_reference_hits(seed, first, count);
    for (size_t i = 0; i < usable_n; i++) {
        uint64_t got = count_of(usable[i], seed, first, count);
        if (got != expected)
            fail_msg("%s: seed %" PRIu64 " first %" PRIu64 " count %" PRIu64
                     ": %" PRIu64 " hits instead of %" PRIu64,
                     usable[i]->name, seed, first, count, got, expected);
    }
}

/* Places where a word of a counter carries, and the two ends. */
static const uint64_t places[] = {
    0,
    KERNEL_QUANTUM,
    UINT64_C(1) << 32,
    UINT64_C(1) << 33,
    UINT64_C(1) << 34,
    UINT64_C(1) << 42,
    KERNEL_TRIALS_MAX,
};

/* A range of `count` trials around a place, cut off where the trials begin or end. */
static uint64_t first_around(uint64_t place, uint64_t count, uint64_t *random)
{
    uint64_t before = draw(random) % (count + 1);
    uint64_t first = place < before ? 0 : place - before;
    return first > KERNEL_TRIALS_MAX - count ? KERNEL_TRIALS_MAX - count : first;
}

static void small_ranges_count_the_same_everywhere(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < RANDOM_CASES; i++) {
        uint64_t seed = draw(&random);
        uint64_t count = draw(&random) % RANDOM_COUNT_MAX;
        uint64_t anywhere = draw(&random) % (KERNEL_TRIALS_MAX + 1);
        size_t which = draw(&random) % (ARRAY_SIZE(places) + 1);
        uint64_t place = which < ARRAY_SIZE(places) ? places[which] : anywhere;
        assert_same_as_reference(seed, first_around(place, count, &random), count);
    }
}

static void ranges_of_many_quanta_count_the_same_everywhere(void **state)
{
    (void)state;
    uint64_t random = 2;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        uint64_t seed = draw(&random);
        uint64_t count = 2 * KERNEL_QUANTUM + draw(&random) % KERNEL_QUANTUM;
        uint64_t first = first_around(places[i], count, &random);
        assert_same_as_reference(seed, first, count);
    }
}

static void the_pieces_are_the_counts_of_their_ranges(void **state)
{
    (void)state;
    enum { PIECES_MAX = 40 };
    const uint64_t untouched = UINT64_MAX;
    uint64_t random = 3;
    for (int i = 0; i < 100; i++) {
        uint64_t seed = draw(&random), piece = 1 + draw(&random) % 5000;
        uint64_t count = draw(&random) % (piece * PIECES_MAX);
        uint64_t first =
            first_around(places[(size_t)i % ARRAY_SIZE(places)], count, &random);
        uint64_t sub[PIECES_MAX + 1], hits, sum = 0, at = 0;
        memset(sub, 0xff, sizeof(sub));
        const struct kernel *v = usable[(size_t)i % usable_n];
        assert_int_equal(kernel_count(v, seed, first, count, piece, sub, NULL, &hits),
                         0);
        size_t p = 0;
        for (; at < count; at += piece, p++) {
            uint64_t length = count - at < piece ? count - at : piece;
            assert_int_equal(sub[p], count_of(v, seed, first + at, length));
            sum += sub[p];
        }
        assert_int_equal(sub[p], untouched);
        assert_int_equal(sum, hits);
        assert_int_equal(hits, count_of(v, seed, first, count));
    }
}

static void no_trials_are_no_hits(void **state)
{
    (void)state;
    assert_int_equal(count_of(&kernel_scalar, 42, 0, 0), 0);
    assert_int_equal(count_of(&kernel_scalar, 42, KERNEL_TRIALS_MAX, 0), 0);
    assert_int_equal(kernel_reference_hits(42, 0, 0), 0);
}

static void a_cancelled_count_says_so_and_leaves_the_result(void **state)
{
    (void)state;
    atomic_bool cancel = true;
    uint64_t hits = 77, sub[1];
    assert_int_equal(kernel_count(&kernel_scalar, 1, 0, 10, 10, sub, &cancel, &hits),
                     -ECANCELED);
    assert_int_equal(kernel_count(&kernel_scalar, 1, 0, 10, 0, NULL, &cancel, &hits),
                     -ECANCELED);
    assert_int_equal(hits, 77);
    cancel = false;
    assert_int_equal(kernel_count(&kernel_scalar, 1, 0, 10, 10, sub, &cancel, &hits),
                     0);
    assert_int_equal(hits, kernel_reference_hits(1, 0, 10));
}

/* A made-up variant that cancels in its third run, and one that checks what it is
 * asked and says that everything hits. */
static atomic_bool third_run_cancels;
static int runs;
static uint64_t trials_run;
static const uint64_t fake_step = 512;

static uint64_t run_then_cancel(uint64_t seed, uint64_t first, uint64_t count)
{
    (void)seed, (void)first;
    trials_run += count;
    if (++runs == 3)
        atomic_store(&third_run_cancels, true);
    if (runs > PIECES)
        fail_msg("it goes on");
    return count / 2;
}

static void a_count_under_way_stops_within_a_quantum(void **state)
{
    (void)state;
    static const struct kernel k = {
        .name = "fake", .step = 512, .run = run_then_cancel};
    uint64_t hits, sub[PIECES];
    for (int with_sub = 0; with_sub < 2; with_sub++) {
        runs = 0;
        trials_run = 0;
        atomic_store(&third_run_cancels, false);
        assert_int_equal(kernel_count(&k, 1, 0, KERNEL_TRIALS_MAX,
                                      KERNEL_TRIALS_MAX / PIECES, with_sub ? sub : NULL,
                                      &third_run_cancels, &hits),
                         -ECANCELED);
        assert_int_equal(runs, 3);
        assert_in_range(trials_run, 1, 3 * KERNEL_QUANTUM);
    }
}

static uint64_t run_checked(uint64_t seed, uint64_t first, uint64_t count)
{
    assert_int_equal(seed, 9);
    assert_true(count > 0);
    assert_int_equal(first % 4, 0);
    assert_int_equal(count % fake_step, 0);
    assert_int_equal(first / KERNEL_QUANTUM, (first + count - 1) / KERNEL_QUANTUM);
    trials_run += count;
    return kernel_reference_hits(seed, first, count);
}

static void a_variant_is_asked_for_whole_steps_within_a_quantum(void **state)
{
    (void)state;
    const struct kernel k = {.name = "fake", .step = fake_step, .run = run_checked};
    uint64_t random = 4, trials = 0;
    trials_run = 0;
    for (int i = 0; i < 60; i++) {
        uint64_t count = draw(&random) % (i < 40 ? 2000 : KERNEL_QUANTUM);
        uint64_t first =
            first_around(places[(size_t)i % ARRAY_SIZE(places)], count, &random);
        assert_int_equal(count_of(&k, 9, first, count),
                         kernel_reference_hits(9, first, count));
        trials += count;
    }
    /* And it gets nearly all: the edges are the exception. */
    assert_in_range(trials_run, trials * 8 / 10, trials);
}

/* Variants that are wrong in the ways in which variants are wrong. */
enum mistake {
    NO_MISTAKE,
    OPEN_HITS,
    OPEN_MISSES,
    OPEN_BY_SIGN,
    LOW_WORD,
    SWAPPED_KEY
};
static enum mistake mistake;

static bool mistaken_hit(uint64_t seed, uint64_t i, uint32_t w)
{
    uint32_t s = trial_sum(w);
    switch (mistake) {
    case OPEN_HITS:
        return s < TRIAL_SURE_MISS;
    case OPEN_MISSES:
        return s < TRIAL_SURE_HIT;
    case OPEN_BY_SIGN:
        return s < UINT32_C(1) << 30;
    case NO_MISTAKE:
    case LOW_WORD:
    case SWAPPED_KEY:
        break;
    }
    return trial_hit(seed, i, w);
}

static uint64_t run_mistaken(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t hits = 0;
    uint64_t key = mistake == SWAPPED_KEY ? seed << 32 | seed >> 32 : seed;
    for (uint64_t i = first; i < first + count; i++) {
        uint32_t words[4];
        uint64_t block = mistake == LOW_WORD ? (uint32_t)(i >> 2) : i >> 2;
        trial_words(key, TRIAL_COARSE, block, words);
        hits += mistaken_hit(seed, i, words[i & 3]);
    }
    return hits;
}

static uint64_t test_hits(const struct kernel *k)
{
    return count_of(k, KERNEL_TEST_SEED, KERNEL_TEST_FIRST, KERNEL_TEST_COUNT);
}

static void self_test_and_test_range_find_every_planted_mistake(void **state)
{
    (void)state;
    /* With a long step much of the self-test's ranges is edge, which is never wrong. */
    for (uint64_t step = 4; step <= KERNEL_STEP_MAX; step *= 2) {
        const struct kernel k = {.name = "fake", .step = step, .run = run_mistaken};
        mistake = NO_MISTAKE;
        assert_true(kernel_self_test(&k));
        assert_int_equal(test_hits(&k), KERNEL_TEST_HITS);
        for (mistake = OPEN_HITS; mistake <= SWAPPED_KEY; mistake++) {
            assert_false(kernel_self_test(&k));
            assert_int_not_equal(test_hits(&k), KERNEL_TEST_HITS);
        }
    }
}

static void a_variant_is_chosen_by_name(void **state)
{
    (void)state;
    static const char *const known[] = {"avx512", "avx2", "neon", "scalar"};
    size_t n;
    assert_non_null(kernel_list(&n));
    assert_int_equal(n, ARRAY_SIZE(known));
    const struct kernel *k = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        int rc = kernel_choose(known[i], &k);
        assert_true(rc == 0 || rc == -ENOTSUP);
        if (rc == 0)
            assert_string_equal(k->name, known[i]);
    }
    assert_int_equal(kernel_choose("scalar", &k), 0);
    assert_ptr_equal(k, &kernel_scalar);

    const struct kernel *before = k;
    assert_int_equal(kernel_choose("sse9", &k), -ENOENT);
    assert_int_equal(kernel_choose("", &k), -ENOENT);
    assert_int_equal(kernel_choose("Scalar", &k), -ENOENT);
    assert_ptr_equal(k, before);
}

/* Also that a variant does not fail its self-test in silence, which would leave all
 * tests here to the others. */
static void a_variant_runs_wherever_its_instructions_do(void **state)
{
    (void)state;
    const struct kernel *k;
#ifdef __aarch64__
    assert_int_equal(kernel_choose("neon", &k), 0);
#else
    assert_int_equal(kernel_choose("neon", &k), -ENOTSUP);
#endif
#ifdef __x86_64__
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    assert_int_equal(kernel_choose("avx2", &k), avx2 ? 0 : -ENOTSUP);
    /* The newest of the sets that avx512.c needs: a processor with it has them all. */
    bool avx512 = __builtin_cpu_supports("avx512vpopcntdq") &&
                  __builtin_cpu_supports("avx512vnni") &&
                  __builtin_cpu_supports("avx512vbmi2");
    assert_int_equal(kernel_choose("avx512", &k), avx512 ? 0 : -ENOTSUP);
#else
    assert_int_equal(kernel_choose("avx2", &k), -ENOTSUP);
    assert_int_equal(kernel_choose("avx512", &k), -ENOTSUP);
#endif
}

static void auto_is_the_first_of_the_list_that_runs_here(void **state)
{
    (void)state;
    const struct kernel *chosen;
    assert_int_equal(kernel_choose("auto", &chosen), 0);
    assert_ptr_equal(chosen, usable[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_gives_its_published_answers),
        cmocka_unit_test(every_variant_gives_the_known_counts),
        cmocka_unit_test(trials_lie_where_the_page_draws_them),
        cmocka_unit_test(a_sure_word_never_needs_the_fine_ones),
        cmocka_unit_test(small_ranges_count_the_same_everywhere),
        cmocka_unit_test(ranges_of_many_quanta_count_the_same_everywhere),
        cmocka_unit_test(the_pieces_are_the_counts_of_their_ranges),
        cmocka_unit_test(no_trials_are_no_hits),
        cmocka_unit_test(a_cancelled_count_says_so_and_leaves_the_result),
        cmocka_unit_test(a_count_under_way_stops_within_a_quantum),
        cmocka_unit_test(a_variant_is_asked_for_whole_steps_within_a_quantum),
        cmocka_unit_test(self_test_and_test_range_find_every_planted_mistake),
        cmocka_unit_test(a_variant_is_chosen_by_name),
        cmocka_unit_test(a_variant_runs_wherever_its_instructions_do),
        cmocka_unit_test(auto_is_the_first_of_the_list_that_runs_here),
    };
    return cmocka_run_group_tests(tests, find_usable, NULL);
}
