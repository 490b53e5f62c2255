// SPDX-License-Identifier: MIT
/*
 * A bump allocator: a reset frees everything at once.  It keeps one block as large as
 * the largest use so far, so a step or a decode that repeats allocates nothing after
 * warm-up, and memory stays within about twice the largest use.  Pure.
 *
 * arena_alloc() returns memory aligned to 16 bytes, not cleared, valid until the next
 * reset.  It returns NULL if the limit would be exceeded.  Set a limit where a peer
 * chooses the size.  0 means no limit; then it never returns NULL.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/base.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* the current one first */
    size_t used_bytes, limit_bytes;
};

void arena_init(struct arena *a, size_t limit_bytes);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);
void *arena_alloc(struct arena *a, size_t bytes);

/* n elements of size bytes each; NULL also if the product overflows. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A formatted string in the arena; NULL only if the limit would be exceeded. */
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *a,
                                                         const char *format, ...);

#endif
