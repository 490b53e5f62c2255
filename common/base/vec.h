// SPDX-License-Identifier: MIT
/*
 * A growable array of one type.  Zero-initialised: empty.  The owner calls free() on
 * items.  Pure.
 */
#ifndef COMMON_BASE_VEC_H
#define COMMON_BASE_VEC_H

#include "common/base/base.h"

#define VEC(type)                                                                      \
    struct {                                                                           \
        type *items;                                                                   \
        size_t n, capacity;                                                            \
    }

/* Appends an item and returns its address; it is not cleared. */
#define VEC_PUSH(list)                                                                 \
    (vec_reserve((void **)&(list)->items, &(list)->capacity, (list)->n,                \
                 sizeof(*(list)->items)),                                              \
     &(list)->items[(list)->n++])

static inline void vec_reserve(void **items, size_t *capacity, size_t n, size_t size)
{
    if (n < *capacity)
        return;
    *capacity = *capacity ? 2 * *capacity : 16;
    *items = mem_resize(*items, *capacity, size);
}

#endif
