// SPDX-License-Identifier: MIT
/*
 * What makes a rogue of a piworker: the same program with this in the place of its
 * kernel's count (the linker's --wrap).  LIE says how:
 *
 *     always        every result            10, 1         so many percent of them
 *     piece         one sub-count of 5 %    later         the truth 200 times, then
 * lies elsewhere     the hits of another range
 */
#include <stdlib.h>
#include <string.h>

#include "common/kernel/kernel.h"

int __real_kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                        uint64_t count, uint64_t piece, uint64_t *sub,
                        const atomic_bool *cancel, uint64_t *ret_hits);
int __wrap_kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                        uint64_t count, uint64_t piece, uint64_t *sub,
                        const atomic_bool *cancel, uint64_t *ret_hits);

static bool percent(unsigned n)
{
    return (unsigned)(random() % 100) < n;
}

int __wrap_kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                        uint64_t count, uint64_t piece, uint64_t *sub,
                        const atomic_bool *cancel, uint64_t *ret_hits)
{
    static atomic_uint results;
    const char *how = getenv("LIE");
    bool elsewhere = how && !strcmp(how, "elsewhere");
    int err = __real_kernel_count(k, elsewhere ? seed ^ 1 : seed, first, count, piece,
                                  sub, cancel, ret_hits);
    if (err < 0 || !sub || !how || elsewhere)
        return err;
    unsigned n = atomic_fetch_add(&results, 1);
    bool lies = !strcmp(how, "always")  ? true
                : !strcmp(how, "later") ? n >= 200
                : !strcmp(how, "piece") ? percent(5)
                                        : percent((unsigned)atoi(how));
    size_t pieces = (size_t)((count + piece - 1) / piece);
    for (size_t i = 0; lies && i < (strcmp(how, "piece") ? pieces : 1); i++) {
        bool more = sub[i] < piece / 2;
        sub[i] += more ? 1 : (uint64_t)-1;
        *ret_hits += more ? 1 : (uint64_t)-1;
    }
    return 0;
}
