// SPDX-License-Identifier: MIT
/*
 * Runs each kernel for a short time in turn, several rounds, and takes the median per
 * kernel, so that a slow moment of the machine affects all kernels alike.  The clock is
 * the thread's CPU time, which excludes other processes.
 */
#include "worker/bench.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/kernel/kernel.h"
#include "worker/cycles.h"

enum { ROUNDS = 9, ROWS_MAX = 8 };
static_assert(ROUNDS % 2 == 1, "the median is one of the runs");

struct row {
    const char *name;
    const struct kernel *kernel; /* NULL: not usable here */
    uint64_t trials;             /* in one run */
    /* One element a run; sorted after the last run. */
    double rate[ROUNDS];   /* trials/s */
    double cycles[ROUNDS]; /* per trial; 0 without a counter */
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double measure(const struct kernel *k, uint64_t trials,
                      const struct cycles *cycles, double *ret_cycles)
{
    uint64_t hits;
    double start = cpu_seconds();
    uint64_t first_cycle = cycles_now(cycles);
    int rc = kernel_count(k, 0, 0, trials, 0, NULL, NULL, &hits);
    *ret_cycles = (double)(cycles_now(cycles) - first_cycle) / (double)trials;
    double elapsed = cpu_seconds() - start;
    assert(rc == 0);
    return (double)trials / (elapsed > 1e-9 ? elapsed : 1e-9);
}

static size_t rows_init(struct row rows[ROWS_MAX], size_t *ret_usable)
{
    size_t n, usable = 0;
    const struct kernel *const *list = kernel_list(&n);
    assert(n <= ROWS_MAX);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct row){.name = list[i]->name};
        if (kernel_choose(rows[i].name, &rows[i].kernel) == 0)
            usable++;
        else
            rows[i].kernel = NULL;
    }
    *ret_usable = usable;
    return n;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* slice: seconds per run of one kernel. */
static void rows_measure(struct row *rows, size_t n, double slice,
                         const struct cycles *cycles)
{
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].kernel)
            continue;
        /* The first run warms up and yields the number of trials for a slice. */
        double ignored;
        double rate = measure(rows[i].kernel, 4 * KERNEL_QUANTUM, cycles, &ignored);
        rows[i].trials =
            ((uint64_t)(rate * slice) / KERNEL_QUANTUM + 1) * KERNEL_QUANTUM;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            if (rows[i].kernel)
                rows[i].rate[round] = measure(rows[i].kernel, rows[i].trials, cycles,
                                              &rows[i].cycles[round]);
    for (size_t i = 0; i < n; i++) {
        qsort(rows[i].rate, ROUNDS, sizeof(rows[i].rate[0]), ascending);
        qsort(rows[i].cycles, ROUNDS, sizeof(rows[i].cycles[0]), ascending);
    }
}

/* Writes a number, or null if it is unknown. */
static void put_member(struct json_writer *w, const char *name, bool known,
                       int decimals, double value)
{
    if (known)
        json_put_number(w, name, "%.*f", decimals, value);
    else
        json_put_null(w, name);
}

static void print_json(const struct row *rows, size_t n, const struct kernel *chosen,
                       const struct kernel *used, enum cycles_kind kind, FILE *out)
{
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_text(&w, "use", used->name);
    json_begin_array(&w, "kernels");
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        bool ran = r->kernel != NULL;
        json_begin_object(&w, NULL);
        json_put_text(&w, "name", r->name);
        json_put_bool(&w, "usable", ran);
        json_put_bool(&w, "auto", r->kernel == chosen);
        put_member(&w, "rate", ran, 0, r->rate[ROUNDS / 2]);
        put_member(&w, "cycles_per_trial", ran && kind == CYCLES_CORE, 3,
                   r->cycles[ROUNDS / 2]);
        put_member(&w, "tsc_ticks_per_trial", ran && kind == CYCLES_TSC, 3,
                   r->cycles[ROUNDS / 2]);
        json_end(&w);
    }
    json_end(&w);
    json_end_line(&w);
}

static const char *cycles_title(enum cycles_kind kind)
{
    switch (kind) {
    case CYCLES_CORE:
        return "  CYCLES A TRIAL";
    case CYCLES_TSC:
        return "  TSC TICKS A TRIAL (not the core's cycles)";
    case CYCLES_NONE:
        break;
    }
    return "";
}

static void print_table(const struct row *rows, size_t n, const struct kernel *used,
                        enum cycles_kind kind, FILE *out)
{
    char rate[FORMAT_MAX], cycles[FORMAT_MAX] = "";
    fprintf(out, "KERNEL  TRIALS, ONE CORE%s\n", cycles_title(kind));
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        if (!r->kernel) {
            fprintf(out, "%-6s  not usable here\n", r->name);
            continue;
        }
        if (kind != CYCLES_NONE)
            snprintf(cycles, sizeof(cycles), "  %.3f", r->cycles[ROUNDS / 2]);
        fprintf(out, "%-6s  %-16s%s%s\n", r->name,
                format_rate(rate, sizeof(rate), r->rate[ROUNDS / 2]), cycles,
                r->kernel == used ? "  <- used here" : "");
    }
}

int bench_run(const struct bench_options *options, FILE *out)
{
    int64_t budget_ms = options->budget_ms ? options->budget_ms : BENCH_DEFAULT_MS;
    if (budget_ms < 0 || budget_ms > BENCH_MAX_MS)
        return -EINVAL;
    struct row rows[ROWS_MAX];
    const struct kernel *chosen;
    size_t usable, n = rows_init(rows, &usable);
    int rc = kernel_choose("auto", &chosen);
    assert(rc == 0); /* the portable variant runs everywhere */
    struct cycles cycles = cycles_open();
    rows_measure(rows, n, (double)budget_ms / 1000 / (double)(usable * ROUNDS),
                 &cycles);
    if (options->json)
        print_json(rows, n, chosen, options->kernel, cycles.kind, out);
    else
        print_table(rows, n, options->kernel, cycles.kind, out);
    cycles_close(&cycles);
    return 0;
}
