// SPDX-License-Identifier: MIT
/*
 * The property of the kernel, by itself: every variant that runs here counts the same
 * hits as the rule evaluated eagerly (kernel_reference_hits), over random seeds and
 * ranges; and those of tests/vectors.  Needs nothing but common/kernel, so that it can
 * be built by any compiler, at any level, and for machines without our libraries.
 *
 *   property TRIALS [VARIANT]...   so many trials; these variants must be able to run
 *   property --band                the lazy rule on all 2^32 coarse words instead
 *
 * Prints one line with a digest of all counts, which is the same for every right build.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/kernel/kernel.h"
#include "common/kernel/trial.h"

enum { VARIANTS_MAX = 8 };

static const struct kernel *usable[VARIANTS_MAX];
static size_t n_usable;

/* splitmix64: a generator that has nothing to do with the one under test. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Trials at which the counter of a fine block (the trial) or of a coarse one (a quarter
 * of it) reaches 2^32, 2^33, 2^34 or 2^42; a quantum's end; and the two ends of all. */
static const uint64_t places[] = {
    0,
    KERNEL_QUANTUM,
    UINT64_C(1) << 32,
    UINT64_C(1) << 33,
    UINT64_C(1) << 34,
    UINT64_C(1) << 35,
    UINT64_C(1) << 36,
    UINT64_C(1) << 42,
    UINT64_C(1) << 44,
    KERNEL_TRIALS_MAX,
};

/* Ranges are tiny, short or of several quanta, by the number of trials mostly the last;
 * half of them lie across one of the places. */
static void draw_range(uint64_t *random, uint64_t *ret_first, uint64_t *ret_count)
{
    uint64_t kind = draw(random) % 100;
    uint64_t limit = kind < 60 ? 20 : kind < 99 ? 2100 : 3 * KERNEL_QUANTUM;
    uint64_t count = draw(random) % limit, first = draw(random) % KERNEL_TRIALS_MAX;
    if (draw(random) % 2) {
        uint64_t place = places[draw(random) % ARRAY_SIZE(places)];
        uint64_t before = draw(random) % (count + 1);
        first = place < before ? 0 : place - before;
    }
    if (first > KERNEL_TRIALS_MAX - count)
        first = KERNEL_TRIALS_MAX - count;
    *ret_first = first;
    *ret_count = count;
}

static bool same_for_all(uint64_t seed, uint64_t first, uint64_t count,
                         uint64_t expected)
{
    bool same = true;
    for (size_t i = 0; i < n_usable; i++) {
        uint64_t hits = 0;
        int rc = kernel_count(usable[i], seed, first, count, 0, NULL, NULL, &hits);
        if (rc == 0 && hits == expected)
            continue;
        printf("%s: seed %" PRIu64 " first %" PRIu64 " count %" PRIu64 ": %" PRIu64
               " hits instead of %" PRIu64 "\n",
               usable[i]->name, seed, first, count, hits, expected);
        same = false;
    }
    return same;
}

/* The known counts of at most so many trials; run from the root of the tree. */
static int check_vectors(uint64_t trials)
{
    FILE *file = fopen("tests/vectors/hits.txt", "r");
    char line[256];
    int cases = 0;
    bool same = true;
    while (file && fgets(line, sizeof(line), file)) {
        uint64_t seed, first, count, hits;
        if (sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64, &seed, &first,
                   &count, &hits) != 4)
            continue;
        if (count <= trials)
            same &= same_for_all(seed, first, count, hits);
        cases++;
    }
    if (file)
        fclose(file);
    if (cases < 10)
        printf("tests/vectors/hits.txt: %d known counts\n", cases);
    return cases < 10 || !same;
}

static int check_ranges(uint64_t trials)
{
    uint64_t random = 1, done = 0, ranges = 0, digest = 0;
    while (done < trials) {
        uint64_t seed = draw(&random), first, count;
        draw_range(&random, &first, &count);
        uint64_t hits = kernel_reference_hits(seed, first, count);
        if (!same_for_all(seed, first, count, hits))
            return 1;
        digest = digest * UINT64_C(0x9e3779b97f4a7c15) + hits;
        done += count;
        ranges++;
    }
    for (size_t i = 0; i < n_usable; i++)
        printf("%s ", usable[i]->name);
    printf("as the rule: %" PRIu64 " ranges, digest %016" PRIx64 "\n", ranges, digest);
    return 0;
}

/* The fine word with which a coordinate is farthest from 0, in the cell that begins at
 * this coarse one. */
static uint32_t farthest(int32_t coarse)
{
    return coarse < 0 ? 0 : UINT32_MAX;
}

/* A cell is all inside if its corner farthest from the centre is, and all outside if
 * its nearest one is. */
static int check_band(void)
{
    uint64_t open = 0, split = 0;
    uint32_t w = 0;
    do {
        uint32_t x = farthest(trial_a(w)), y = farthest(trial_b(w)), s = trial_sum(w);
        bool far = trial_inside(w, x, y), near = trial_inside(w, ~x, ~y);
        if ((s < TRIAL_SURE_HIT && !far) || (s >= TRIAL_SURE_MISS && near)) {
            printf("word %08" PRIx32 " is not sure\n", w);
            return 1;
        }
        open += s >= TRIAL_SURE_HIT && s < TRIAL_SURE_MISS;
        split += far != near;
    } while (++w);
    printf("2^32 words: %" PRIu64 " left open, the circle crosses %" PRIu64 " cells\n",
           open, split);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--band") == 0)
        return check_band();
    size_t n;
    const struct kernel *const *list = kernel_list(&n);
    for (size_t i = 0; i < n && n_usable < VARIANTS_MAX; i++)
        if (kernel_choose(list[i]->name, &usable[n_usable]) == 0)
            n_usable++;
    for (int i = 2; i < argc; i++) {
        const struct kernel *k;
        if (kernel_choose(argv[i], &k) < 0) {
            printf("%s cannot run here\n", argv[i]);
            return 1;
        }
    }
    char *end = NULL;
    uint64_t trials = argc < 2 ? 0 : strtoull(argv[1], &end, 10);
    if (trials == 0 || *end) {
        fprintf(stderr, "usage: property TRIALS [VARIANT]... | property --band\n");
        return 2;
    }
    return check_vectors(trials) || check_ranges(trials);
}
