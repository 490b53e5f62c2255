// SPDX-License-Identifier: MIT
/*
 * Short runs of every kernel in turn, so that a slow moment of the machine falls on
 * all of them, and the median of each.  The clock is the thread's processor time: what
 * other processes take is not the kernel's doing.
 */
#include "worker/bench.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/kernel/kernel.h"
#include "common/text.h"

enum { ROUNDS = 9, ROWS_MAX = 8 };
static_assert(ROUNDS % 2 == 1, "the median is one of the runs");

struct row {
    const char *name;
    const struct kernel *kernel; /* NULL: does not run here */
    uint64_t trials;             /* of one run */
    double rate[ROUNDS];         /* trials/s; sorted once all have run */
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double measure(const struct kernel *k, uint64_t trials)
{
    uint64_t hits;
    double start = cpu_seconds();
    int rc = kernel_count(k, 0, 0, trials, 0, NULL, NULL, &hits);
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

/* slice: seconds for one run of one kernel. */
static void rows_measure(struct row *rows, size_t n, double slice)
{
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].kernel)
            continue;
        /* The first run warms up and tells how long a run of the slice is. */
        double rate = measure(rows[i].kernel, 4 * KERNEL_QUANTUM);
        rows[i].trials =
            ((uint64_t)(rate * slice) / KERNEL_QUANTUM + 1) * KERNEL_QUANTUM;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            if (rows[i].kernel)
                rows[i].rate[round] = measure(rows[i].kernel, rows[i].trials);
    for (size_t i = 0; i < n; i++)
        qsort(rows[i].rate, ROUNDS, sizeof(rows[i].rate[0]), ascending);
}

static void print_json(const struct row *rows, size_t n, const struct kernel *chosen,
                       FILE *out)
{
    fprintf(out, "{\"kernels\":[");
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        fprintf(out,
                "%s{\"name\":\"%s\",\"usable\":%s,\"auto\":%s,\"rate\":", i ? "," : "",
                r->name, r->kernel ? "true" : "false",
                r->kernel == chosen ? "true" : "false");
        if (r->kernel)
            fprintf(out, "%.0f}", r->rate[ROUNDS / 2]);
        else
            fprintf(out, "null}");
    }
    fprintf(out, "]}\n");
}

static void print_table(const struct row *rows, size_t n, const struct kernel *chosen,
                        FILE *out)
{
    char buf[TEXT_MAX];
    fprintf(out, "KERNEL  TRIALS, ONE CORE\n");
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        fprintf(out, "%-6s  %s%s\n", r->name,
                r->kernel ? text_rate(buf, sizeof(buf), r->rate[ROUNDS / 2])
                          : "not usable here",
                r->kernel == chosen ? "  <- auto" : "");
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
    if (rc < 0)
        return rc;
    rows_measure(rows, n, (double)budget_ms / 1000 / (double)(usable * ROUNDS));
    if (options->json)
        print_json(rows, n, chosen, out);
    else
        print_table(rows, n, chosen, out);
    return fflush(out) == 0 ? 0 : -errno;
}
