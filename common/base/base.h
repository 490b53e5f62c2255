// SPDX-License-Identifier: MIT
/*
 * What every file may use: the must-check attribute, container_of, and the
 * allocation that never fails.  Pure.
 */
#ifndef COMMON_BASE_BASE_H
#define COMMON_BASE_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define MUST_USE __attribute__((warn_unused_result))

#define container_of(ptr, type, member)                                                \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * For the program's own, bounded allocations: these abort when memory is out, because
 * handling that in two hundred untested branches would not make a daemon safer.  What a
 * peer sizes comes from an arena with a limit instead (common/base/arena.h).
 */
static inline void *mem_resize(void *old, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        abort();
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p)
        abort();
    return p;
}

/* n elements of size bytes each, cleared. */
static inline void *mem_zero(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        abort();
    return p;
}

#endif
