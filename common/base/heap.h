// SPDX-License-Identifier: MIT
/*
 * A binary min-heap of deadlines.  Each item is embedded in the struct that it times
 * and knows its place, so any item can be moved or removed in O(log n).  Equal keys
 * come out in the order in which they were set, so runs are reproducible.  Pure.
 *
 * The heap borrows its items: remove an item before its memory is freed.
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
