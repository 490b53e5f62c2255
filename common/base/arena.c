// SPDX-License-Identifier: MIT
#include "common/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { BLOCK_BYTES = 16384, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t capacity, used;
    _Alignas(ALIGN) char bytes[];
};

void arena_init(struct arena *a, size_t limit_bytes)
{
    *a = (struct arena){.limit_bytes = limit_bytes};
}

void arena_release(struct arena *a)
{
    struct arena_block *b = a->blocks;
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
    *a = (struct arena){.limit_bytes = a->limit_bytes};
}

static struct arena_block *add_block(struct arena *a, size_t capacity)
{
    struct arena_block *b = mem_resize(NULL, 1, sizeof(*b) + capacity);
    b->next = a->blocks;
    b->capacity = capacity;
    b->used = 0;
    a->blocks = b;
    return b;
}

/*
 * Replaces several blocks by one that holds as much, so the next round allocates
 * nothing.  The arena therefore keeps one block of about its largest use instead of
 * collecting blocks of every size.
 */
void arena_reset(struct arena *a)
{
    a->used_bytes = 0;
    if (a->blocks && a->blocks->next) {
        size_t capacity = 0;
        for (const struct arena_block *b = a->blocks; b; b = b->next)
            capacity += b->capacity;
        arena_release(a);
        add_block(a, capacity);
    }
    if (a->blocks)
        a->blocks->used = 0;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (a->limit_bytes && bytes > a->limit_bytes - a->used_bytes)
        return NULL;
    struct arena_block *b = a->blocks;
    if (!b || b->capacity - b->used < bytes)
        b = add_block(a, bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
    void *p = b->bytes + b->used;
    b->used += bytes;
    a->used_bytes += bytes;
    assert(!a->limit_bytes || a->used_bytes <= a->limit_bytes);
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return arena_alloc(a, bytes);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    char *s = arena_alloc(a, (size_t)n + 1);
    if (s)
        vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    return s;
}
