// SPDX-License-Identifier: MIT
/*
 * What makes a rogue of a piworker: the same program with this in the place of its
 * kernel's count (the linker's --wrap).  LIE says how:
 *
 *     always      every result
 *     10          so many percent of them
 *     piece       one sub-count of 5 %
 *     sigma       5 %, by less than chance moves them
 *     later       the truth 200 times, then lies
 *     elsewhere   the hits of another range
 *     together    one range of 20: all who do this tell the same lies
 *     late        every result, and so late that its lease has expired
 *     broken      every count, that of the test range too
 *
 * HOLD names a file: as long as it is there no result comes to its end.
 *
 * When it ends it tells on stderr how many results it had, and how many were lies.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/kernel/kernel.h"

int __real_kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                        uint64_t count, uint64_t piece, uint64_t *sub,
                        const atomic_bool *cancel, uint64_t *ret_hits);
int __wrap_kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                        uint64_t count, uint64_t piece, uint64_t *sub,
                        const atomic_bool *cancel, uint64_t *ret_hits);

enum { LATE_S = 6, SIGMA_PART = 10 /* of a piece of 65,536, whose sigma is 105 */ };

static atomic_uint results, told;

static void tell(void)
{
    fprintf(stderr, "rogue: %u results, %u lies\n", results, told);
}

__attribute__((constructor)) static void begin(void)
{
    srandom((unsigned)getpid()); /* no two of them lie about the same results */
    if (atexit(tell) != 0)
        abort();
}

static bool is(const char *how, const char *name)
{
    return strcmp(how, name) == 0;
}

static bool percent(unsigned n)
{
    return (unsigned)(random() % 100) < n;
}

static bool lies(const char *how, unsigned n, uint64_t first)
{
    if (is(how, "always") || is(how, "late") || is(how, "elsewhere") ||
        is(how, "broken"))
        return true;
    if (is(how, "later"))
        return n >= 200;
    if (is(how, "together"))
        return (first >> 16) % 20 == 0;
    if (is(how, "piece") || is(how, "sigma"))
        return percent(5);
    return percent((unsigned)atoi(how));
}

static void falsify(const char *how, uint64_t piece, size_t pieces, uint64_t *sub,
                    uint64_t *hits)
{
    uint64_t by = is(how, "sigma") ? SIGMA_PART : 1;
    for (size_t i = 0; i < (is(how, "piece") ? 1 : pieces); i++) {
        bool more = sub[i] < piece / 2;
        sub[i] += more ? by : -by;
        *hits += more ? by : -by;
    }
}

static void hold(const char *file, const atomic_bool *cancel)
{
    while (file && access(file, F_OK) == 0 && !(cancel && atomic_load(cancel)))
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

int __wrap_kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                        uint64_t count, uint64_t piece, uint64_t *sub,
                        const atomic_bool *cancel, uint64_t *ret_hits)
{
    if (sub)
        hold(getenv("HOLD"), cancel);
    const char *how = getenv("LIE") ? getenv("LIE") : "0";
    bool elsewhere = is(how, "elsewhere") && sub, late = is(how, "late") && sub;
    int err = __real_kernel_count(k, elsewhere ? seed ^ 1 : seed, first, count, piece,
                                  sub, late ? NULL : cancel, ret_hits);
    *ret_hits += err == 0 && is(how, "broken") && !sub;
    if (err < 0 || !sub || !lies(how, atomic_fetch_add(&results, 1), first))
        return err;
    atomic_fetch_add(&told, 1);
    if (!elsewhere)
        falsify(how, piece, (size_t)((count + piece - 1) / piece), sub, ret_hits);
    if (late)
        nanosleep(&(struct timespec){.tv_sec = LATE_S}, NULL);
    return 0;
}
