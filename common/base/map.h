// SPDX-License-Identifier: MIT
/*
 * A hash map from a 64-bit id to a pointer, with open addressing.  Pure; the map
 * borrows the pointers.
 */
#ifndef COMMON_BASE_MAP_H
#define COMMON_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/siphash.h"

struct map_slot {
    uint64_t id;
    void *value; /* NULL: the slot is free */
};

struct map {
    struct map_slot *slots;
    size_t n, capacity; /* capacity: 0 or a power of two */
    struct sip_key key;
    bool keyed;
};

/* With a key that no peer knows, peers may choose the ids: they cannot choose where
 * those fall.  NULL: no peer chooses an id that is put, which is faster. */
void map_init(struct map *m, const struct sip_key *key);
void map_release(struct map *m);
void map_free(struct map *m); /* calls free() on each value too */

void *map_get(const struct map *m, uint64_t id);       /* or NULL */
void map_put(struct map *m, uint64_t id, void *value); /* value != NULL */
void *map_remove(struct map *m, uint64_t id);          /* the old value, or NULL */

/* The longest run of slots in use: no look-up takes more steps.  Slow; for tests. */
size_t map_longest_run(const struct map *m);

#endif
