// SPDX-License-Identifier: MIT
/*
 * What `piworker --serial` and `--bench` print, whole: the count and all that follows
 * from it to the letter; of speeds the shape.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/kernel/kernel.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/golden.h"
#include "worker/bench.h"
#include "worker/cycles.h"
#include "worker/serial.h"

enum { CHUNK = 1 << 22 /* trials between two looks at the clock */ };

static char *serial(const struct serial_options *options)
{
    char *text;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(serial_run(options, out, NULL), 0);
    fclose(out);
    golden_mask(text, "\"rate\":", ",");
    return golden_mask(text, "rate           ", "(");
}

static void a_count_is_printed_whole(void **state)
{
    (void)state;
    struct serial_options o = {.kernel = &kernel_scalar,
                               .seed = 5,
                               .first = 123456789,
                               .trials = 2 * CHUNK + 7,
                               .threads = 3};
    FILE *out = golden_begin();
    for (int json = 0; json < 2; json++) {
        o.json = json;
        char *text = serial(&o);
        fputs(text, out);
        free(text);
    }
    golden_end("piworker-serial.txt");
}

/* Chunks and shares are counted as one range. */
static void threads_change_no_hit(void **state)
{
    (void)state;
    uint64_t hits;
    char expected[32];
    struct serial_options o = {.kernel = &kernel_scalar, .seed = 6, .first = 11};
    static const struct {
        uint64_t trials;
        unsigned threads;
    } rows[] = {{1, 0},         {1, 4},         {3, 2},
                {CHUNK - 1, 1}, {CHUNK + 1, 1}, {3 * CHUNK + 5, 2}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        o.trials = rows[i].trials;
        o.threads = rows[i].threads;
        assert_int_equal(kernel_count(&kernel_scalar, o.seed, o.first, o.trials, 0,
                                      NULL, NULL, &hits),
                         0);
        snprintf(expected, sizeof(expected), "hits           %" PRIu64 "\n", hits);
        char *text = serial(&o);
        assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
        free(text);
    }
}

static void the_last_trial_is_the_last(void **state)
{
    (void)state;
    struct serial_options o = {
        .kernel = &kernel_scalar, .first = KERNEL_TRIALS_MAX - 5, .trials = 5};
    free(serial(&o));
    o.trials = 6;
    assert_int_equal(serial_run(&o, stdout, NULL), -ERANGE);
    o.first = KERNEL_TRIALS_MAX + 1;
    o.trials = 1;
    assert_int_equal(serial_run(&o, stdout, NULL), -ERANGE);
    o.trials = 0;
    assert_int_equal(serial_run(&o, stdout, NULL), -EINVAL);
}

/* ---- how long it takes ---- */

static int chunks;

static uint64_t count_for_two_minutes(uint64_t seed, uint64_t first, uint64_t count)
{
    if (first % CHUNK == 0 && chunks++ < 4)
        clock_leap(120 * 1000);
    return kernel_scalar.run(seed, first, count);
}

static void a_long_count_says_once_how_long(void **state)
{
    (void)state;
    struct kernel slow = kernel_scalar;
    slow.run = count_for_two_minutes;
    struct serial_options o = {.kernel = &slow, .trials = 4 * CHUNK};
    caught_begin(2);
    char *text = serial(&o);
    char *said = caught_end(2);
    free(text);
    golden_mask(said, "at ", "\n");
    assert_string_equal(said, "piworker: about 6 m 0 s to go, at *\n");
}

/* ---- the bench ---- */

/* Numbers become #, so that the shape is left. */
static void mask_numbers(char *text)
{
    char *to = text;
    for (char *at = text; *at;) {
        bool number = *at >= '0' && *at <= '9' && (at == text || strchr(" :", at[-1]));
        if (!number) {
            *to++ = *at++;
            continue;
        }
        at += strspn(at, "0123456789.");
        *to++ = '#';
    }
    *to = '\0';
}

/* What is there of kernels and counters differs from machine to machine. */
static void a_bench_has_a_row_for_each_kernel(void **state)
{
    (void)state;
    size_t n, bytes;
    char *text, expected[256];
    const struct kernel *best, *k, *const *list = kernel_list(&n);
    assert_int_equal(kernel_choose("auto", &best), 0);
    struct bench_options o = {.kernel = &kernel_scalar, .budget_ms = 1, .json = true};
    struct cycles cycles = cycles_open();
    bool tsc = cycles.kind == CYCLES_TSC, core = cycles.kind == CYCLES_CORE;
    cycles_close(&cycles);
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(bench_run(&o, out), 0);
    fclose(out);
    mask_numbers(text);
    assert_int_equal(strncmp(text, "{\"use\":\"scalar\",\"kernels\":[", 27), 0);
    for (size_t i = 0; i < n; i++) {
        bool usable = kernel_choose(list[i]->name, &k) == 0;
        snprintf(expected, sizeof(expected),
                 "{\"name\":\"%s\",\"usable\":%s,\"auto\":%s,\"rate\":%s,"
                 "\"cycles_per_trial\":%s,\"tsc_ticks_per_trial\":%s}",
                 list[i]->name, usable ? "true" : "false",
                 list[i] == best ? "true" : "false", usable ? "#" : "null",
                 usable && core ? "#" : "null", usable && tsc ? "#" : "null");
        assert_non_null(strstr(text, expected));
    }
    free(text);
}

static void the_table_marks_the_kernel_that_is_used(void **state)
{
    (void)state;
    size_t bytes;
    char *text;
    struct bench_options o = {.kernel = &kernel_scalar, .budget_ms = 1};
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(bench_run(&o, out), 0);
    fclose(out);
    assert_int_equal(strncmp(text, "KERNEL  TRIALS, ONE CORE", 24), 0);
    char *mark = strstr(text, "  <- used here\n"), *row = strstr(text, "\nscalar  ");
    assert_true(mark && row && mark < strchr(row + 1, '\n'));
    assert_null(strstr(mark + 5, "<- used here"));
    free(text);
    o.budget_ms = BENCH_MAX_MS + 1;
    assert_int_equal(bench_run(&o, stdout), -EINVAL);
    o.budget_ms = -1;
    assert_int_equal(bench_run(&o, stdout), -EINVAL);
}

/* A rate is trials in a second of this thread's own time. */
static void a_rate_is_what_is_measured(void **state)
{
    (void)state;
    size_t bytes;
    char *text;
    uint64_t hits;
    struct bench_options o = {.kernel = &kernel_scalar, .budget_ms = 20, .json = true};
    struct cycles cycles = cycles_open();
    uint64_t before = cycles_now(&cycles);
    clock_t begin = clock();
    assert_int_equal(kernel_count(&kernel_scalar, 0, 0, CHUNK, 0, NULL, NULL, &hits),
                     0);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    assert_true(cycles.kind == CYCLES_NONE || cycles_now(&cycles) > before);
    cycles_close(&cycles);
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(bench_run(&o, out), 0);
    fclose(out);
    const char *rate = strstr(strstr(text, "\"scalar\""), "\"rate\":");
    double ratio = strtod(rate + 7, NULL) / (CHUNK / seconds);
    assert_true(ratio > 0.02 && ratio < 50); /* a unit is a thousand off */
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_printed_whole),
        cmocka_unit_test(threads_change_no_hit),
        cmocka_unit_test(the_last_trial_is_the_last),
        cmocka_unit_test(a_long_count_says_once_how_long),
        cmocka_unit_test(a_bench_has_a_row_for_each_kernel),
        cmocka_unit_test(the_table_marks_the_kernel_that_is_used),
        cmocka_unit_test(a_rate_is_what_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
