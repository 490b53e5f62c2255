// SPDX-License-Identifier: MIT
#include "ctl/lib/ledger_proof.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* So many hits have so many trials at most; of a job that has more than there are,
 * which is wrong whatever it counts, nothing is known. */
static uint64_t hits_most(const struct ledger_view *l, uint64_t trials)
{
    bool score = l->job->score && trials <= PROGRAM_TRIALS_MAX;
    return score ? trials << UNIT_LOG2 : trials;
}

/* Checks one cell; `before` is the end of the previous one. */
static bool cell_is_sound(const struct ledger_view *l, size_t i, uint64_t before,
                          uint64_t limit, char why[PROOF_TEXT])
{
    uint64_t first = l->first[i], end;
    const char *wrong = NULL;
    if (__builtin_add_overflow(first, l->count[i], &end) || end > limit)
        wrong = "ends beyond the job";
    else if (l->count[i] == 0)
        wrong = "is empty";
    else if (first < before)
        wrong = "overlaps the one before it, or is out of order";
    else if (l->done[i] > l->count[i])
        wrong = "has more trials done than it has";
    else if (l->hits[i] > hits_most(l, l->done[i]))
        wrong = "has more hits than trials";
    if (wrong)
        snprintf(why, PROOF_TEXT, "the cell at %" PRIu64 " %s", first, wrong);
    return !wrong;
}

bool proof_adds_up(const struct ledger_view *l, char why[PROOF_TEXT])
{
    const struct job_view *j = l->job;
    uint64_t most = *j->program ? PROGRAM_TRIALS_MAX : TRIALS_MAX;
    uint64_t limit = j->trials > 0 ? j->trials : most;
    uint64_t end = 0, done = 0, hits = 0;
    for (size_t i = 0; i < l->n_cells; i++) {
        if (!cell_is_sound(l, i, end, limit, why))
            return false;
        end = l->first[i] + l->count[i];
        done += l->done[i]; /* cells are disjoint and below 2^62: no overflow */
        hits += l->hits[i];
    }
    const char *what = NULL;
    if (limit > most)
        what = *j->program ? "a program's job has more than 2^46 trials"
                           : "the job has more than 2^62 trials";
    else if (done != j->done || hits != j->hits)
        what = "the cells do not add up to the job";
    else if (j->state == JOB_DONE && done != j->trials)
        what = "the job is done, but trials are missing";
    if (what)
        snprintf(why, PROOF_TEXT,
                 "%s: cells have %" PRIu64 " hits in %" PRIu64
                 " trials, the job %" PRIu64 " in %" PRIu64,
                 what, hits, done, j->hits, j->state == JOB_DONE ? j->trials : j->done);
    return !what;
}

bool proof_cell_complete(const struct ledger_view *l, size_t cell)
{
    return l->done[cell] == l->count[cell];
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
 * OOPSLA 2014): good enough to draw cells, and the same on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in 0 .. n - 1, by rejection of biased values. */
static uint64_t random_below(uint64_t *state, uint64_t n)
{
    uint64_t excess = (UINT64_MAX - n + 1) % n, r;
    do
        r = next_random(state);
    while (r < excess);
    return r % n;
}

/* Selection sampling in one pass (Knuth, The Art of Computer Programming 2, 3.4.2,
 * algorithm S). */
size_t proof_sample(const struct ledger_view *l, uint64_t seed, size_t k, size_t *ret)
{
    size_t left = 0, taken = 0;
    for (size_t i = 0; i < l->n_cells; i++)
        left += proof_cell_complete(l, i);
    if (k > left)
        k = left;
    for (size_t i = 0; i < l->n_cells && taken < k; i++) {
        if (!proof_cell_complete(l, i))
            continue;
        if (random_below(&seed, left) < k - taken)
            ret[taken++] = i;
        left--;
    }
    assert(taken == k);
    return k;
}

double proof_bound(size_t k)
{
    assert(k > 0);
    return 1 - pow(0.05, 1 / (double)k);
}

const char *proof_sentence(char buf[PROOF_TEXT], size_t k, size_t n, bool complete)
{
    if (k == n && complete)
        snprintf(buf, PROOF_TEXT,
                 "%zu of %zu identical: every trial of the answer was computed again, "
                 "so the count is right.",
                 k, n);
    else if (k == n)
        snprintf(buf, PROOF_TEXT,
                 "%zu of %zu identical: every complete cell was computed again, so "
                 "their counts are right.",
                 k, n);
    else
        snprintf(buf, PROOF_TEXT,
                 "%zu of %zu identical. Had more than %.2g %% of the cells been wrong, "
                 "this would have shown it with 95 %% confidence.",
                 k, k, 100 * proof_bound(k));
    return buf;
}
