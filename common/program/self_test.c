// SPDX-License-Identifier: MIT
#include "common/program/self_test.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    CUTS_MAX = 16,
    CALLS = 8,                 /* calls of one trial that are timed */
    RATE_TRIALS_MAX = 1 << 30, /* nothing is so fast that it counts them one by one */
    GROWTH = 8,                /* each call that measures the rate is so much longer */
};
static const double rate_seconds = 0.05; /* a call that measures the rate well enough */

#define CUT_HINT "what a trial counts may depend on the seed and its number only"

struct test_run {
    struct counter *program;
    struct program_call call;
    struct self_test *ret;
    struct program_failure *why;
    double begun, most; /* seconds: when it began, what it may take */
    double each;        /* seconds a trial, as last seen */
};

/* A range counted at once, and by parts that end at the cuts. */
struct cut_range {
    uint64_t first;
    uint64_t cuts[CUTS_MAX]; /* ends with 0 */
};

/* The first is that of the smallest programs; one part is uneven, one range far away.
 */
static const struct cut_range cut_ranges[] = {
    {0, {1, 4}},
    {0, {1, 7, 64}},
    {UINT64_C(1) << 40, {8, 16}},
    {0, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16}},
};

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool has_time(const struct test_run *t, double trials)
{
    double left = t->most - (seconds_now() - t->begun);
    return trials * t->each <= left;
}

static int count(struct test_run *t, uint64_t first, uint64_t n, uint64_t *ret,
                 double *ret_seconds)
{
    double begun = seconds_now();
    int err = program_count(t->program, &t->call, first, n, n, NULL, ret, t->why);
    *ret_seconds = seconds_now() - begun;
    t->ret->trials += n;
    t->ret->scores |= !err && *ret > n;
    return err;
}

/* Of the whole range, and of its parts. */
static int does_not_add_up(struct test_run *t, const struct cut_range *r, uint64_t n,
                           uint64_t whole, uint64_t parts)
{
    uint64_t again;
    double seconds;
    int err = count(t, r->first, n, &again, &seconds);
    if (err)
        return err;
    t->why->stderr_[0] = '\0';
    t->why->hint = CUT_HINT;
    if (again != whole)
        snprintf(t->why->why, sizeof(t->why->why),
                 "counts [%" PRIu64 ", %" PRIu64 ") differently each time: %" PRIu64
                 ", %" PRIu64,
                 r->first, r->first + n, whole, again);
    else
        snprintf(t->why->why, sizeof(t->why->why),
                 "does not add up: [%" PRIu64 ", %" PRIu64 ") is %" PRIu64
                 ", its parts have %" PRIu64,
                 r->first, r->first + n, whole, parts);
    return -EPROTO;
}

static int check_range_adds_up(struct test_run *t, const struct cut_range *r)
{
    uint64_t whole, part, sum = 0, at = 0;
    double seconds;
    size_t parts = 0;
    while (parts < CUTS_MAX && r->cuts[parts])
        parts++;
    uint64_t n = r->cuts[parts - 1];
    if (!has_time(t, 3 * (double)n)) {
        t->ret->checked = false;
        return 0;
    }
    int err = count(t, r->first, n, &whole, &seconds);
    for (size_t i = 0; i < parts && !err; i++) {
        err = count(t, r->first + at, r->cuts[i] - at, &part, &seconds);
        sum += part;
        at = r->cuts[i];
    }
    if (!err && sum != whole)
        return does_not_add_up(t, r, n, whole, sum);
    return err;
}

/* The first call is that of a child that starts, the others are not. */
static int test_first_trials(struct test_run *t)
{
    uint64_t counts[PROGRAM_TEST_TRIALS];
    double seconds[PROGRAM_TEST_TRIALS], all = 0;
    for (uint64_t i = 0; i < PROGRAM_TEST_TRIALS; i++) {
        int err = count(t, i, 1, &counts[i], &seconds[i]);
        if (err)
            return err;
        all += i ? seconds[i] : 0;
    }
    t->each = fmax(all / (PROGRAM_TEST_TRIALS - 1), 1e-9);
    t->ret->rate = 1 / t->each;
    t->ret->start_s = seconds[0];
    t->ret->call_s = seconds[1];
    t->ret->test = program_test(counts);
    return 0;
}

/* Calls that are ever longer, until one is long enough to go by. */
static int measure_rate(struct test_run *t)
{
    uint64_t hits;
    double seconds = 0;
    for (int i = 0; i < CALLS && has_time(t, 1); i++) {
        int err = count(t, 0, 1, &hits, &seconds);
        if (err)
            return err;
        t->ret->call_s = fmin(t->ret->call_s, seconds);
    }
    for (uint64_t n = 8; seconds < rate_seconds && n < RATE_TRIALS_MAX; n *= GROWTH) {
        if (!has_time(t, (double)n))
            break;
        int err = count(t, 0, n, &hits, &seconds);
        if (err)
            return err;
        t->each = fmax(seconds, 1e-9) / (double)n;
        t->ret->rate = 1 / t->each;
    }
    return 0;
}

int self_test(const struct program_config *config, int cancel_fd, int64_t most_ms,
              struct self_test *ret, struct program_failure *ret_failure)
{
    struct program_config alone = *config;
    alone.once = true;
    alone.rate = 0;
    *ret = (struct self_test){.checked = true};
    struct test_run t = {.program = program_new(&alone),
                         .call = {PROGRAM_TEST_SEED, "", true, cancel_fd},
                         .ret = ret,
                         .why = ret_failure,
                         .begun = seconds_now(),
                         .most = (double)most_ms / 1e3};
    int err = test_first_trials(&t);
    for (size_t i = 0; i < ARRAY_SIZE(cut_ranges) && !err; i++)
        err = check_range_adds_up(&t, &cut_ranges[i]);
    err = err ? err : measure_rate(&t);
    program_free(t.program);
    return err;
}

void program_report(const char *who, const char *name,
                    const struct program_failure *why)
{
    fprintf(stderr, "%s: program '%s' %s\n", who, name, why->why);
    if (why->hint)
        fprintf(stderr, "hint: %s\n", why->hint);
    if (why->stderr_[0])
        fprintf(stderr, "its last lines on stderr:\n%s\n", why->stderr_);
}

int self_test_all(const char *who, const struct offers *offers, struct self_test *ret)
{
    struct program_failure why;
    int err = 0;
    for (size_t i = 0; i < offers->n && !err; i++) {
        const struct program_offer *o = &offers->items[i];
        const struct program_config config = {.name = o->name, .command = o->command};
        err = self_test(&config, -1, SELF_TEST_MS, &ret[i], &why);
        if (err)
            program_report(who, o->name, &why);
    }
    return err;
}
