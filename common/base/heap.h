// SPDX-License-Identifier: MIT
/*
 * A binary min-heap of deadlines.  Items are embedded in what they time and know
 * their place, so any of them is moved or removed in O(log n).  Equal keys come out
 * in the order in which they were set, so a run can be repeated.  Pure.
 *
 * The heap borrows its items; an item must be removed before its memory goes.
 */
#ifndef COMMON_BASE_HEAP_H
#define COMMON_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/vec.h"

struct heap_item {
    int64_t key;
    uint64_t order;
    size_t place; /* 1-based; 0: in no heap.  Zero an item before its first use. */
};

struct heap {
    VEC(struct heap_item *);
    uint64_t next_order;
};

void heap_init(struct heap *h);
void heap_release(struct heap *h);

/* Inserts the item, or moves it to its new key. */
void heap_set(struct heap *h, struct heap_item *item, int64_t key);

/* No-op for an item that is in no heap. */
void heap_remove(struct heap *h, struct heap_item *item);

/* The item with the least key, or NULL. */
struct heap_item *heap_min(const struct heap *h);

#endif
