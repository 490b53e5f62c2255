// SPDX-License-Identifier: MIT
/*
 * The overhead of a lease in the counting kernel: with sub-counts and a cancel flag,
 * against the same trials without.  Runs of some milliseconds alternate, and the figure
 * is the median of the ratios of adjacent runs, so that a slow moment does not distort
 * it.
 *
 *   lease [--json FILE]
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/kernel/kernel.h"
#include "common/wire/lease.h"

enum { ROUNDS = 401 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds_of(const struct kernel *k, uint64_t first, uint64_t count,
                         bool as_lease)
{
    static atomic_bool cancel;
    uint64_t sub[LEASE_PIECES], hits;
    double start = cpu_seconds();
    int error = kernel_count(k, 1, first, count, lease_piece(count),
                             as_lease ? sub : NULL, as_lease ? &cancel : NULL, &hits);
    assert(error == 0);
    return cpu_seconds() - start;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The share of its speed that the kernel loses with leases of 2^log2 trials. */
static double loss(const struct kernel *k, unsigned log2)
{
    static double ratio[ROUNDS];
    uint64_t count = UINT64_C(1) << log2;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        /* The first run of a pair may affect the second: warm caches, a higher clock.
         */
        double first = seconds_of(k, i * count, count, i % 2);
        double second = seconds_of(k, i * count, count, i % 2 == 0);
        ratio[i] = i % 2 ? first / second : second / first;
    }
    qsort(ratio, ROUNDS, sizeof(ratio[0]), ascending);
    return ratio[ROUNDS / 2] - 1;
}

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {20, 22, 24};
    FILE *json = NULL;
    const struct kernel *k;
    int error = kernel_choose("auto", &k);
    assert(error == 0);
    if (argc == 3 && strcmp(argv[1], "--json") == 0 && !(json = fopen(argv[2], "we"))) {
        fprintf(stderr, "lease: %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    printf("\n%-28s %10s\n", "SUB-COUNTS AND CANCEL FLAG", "COST");
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        double lost = loss(k, sizes[i]);
        printf("%-8s 2^%-17u %9.2f %%\n", k->name, sizes[i], 100 * lost);
        if (json)
            fprintf(json, "%s{\"log2\":%u,\"cost\":%.5f}", i ? "," : "[", sizes[i],
                    lost);
    }
    if (json)
        fprintf(json, "]\n");
    return json && fclose(json) != 0;
}
