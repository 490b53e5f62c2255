// SPDX-License-Identifier: MIT
#include "common/base/map.h"

#include <assert.h>

#include "common/base/base.h"
#include "common/base/rng.h"

void map_init(struct map *m, const struct sip_key *key)
{
    *m = (struct map){.keyed = key != NULL};
    if (key)
        m->key = *key;
}

void map_release(struct map *m)
{
    free(m->slots);
    *m = (struct map){.key = m->key, .keyed = m->keyed};
}

void map_free(struct map *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        free(m->slots[i].value);
    map_release(m);
}

/* A keyed hash takes longer than all the rest, and the same id is often looked for
 * again at once: behind the slots stands the one that was hashed last, with its home
 * and 1. */
static inline size_t home_slot(const struct map *m, uint64_t id)
{
    size_t mask = m->capacity - 1;
    if (!m->keyed)
        return (size_t)rng_mix(id) & mask;
    struct map_slot *last = &m->slots[m->capacity];
    if (last->id != id || !last->value) {
        size_t home = (size_t)sip_hash_word(&m->key, id) & mask;
        *last = (struct map_slot){id, (void *)(home + 1)};
    }
    return (size_t)last->value - 1;
}

/* The slot of id, or the free slot where it belongs. */
static inline struct map_slot *find_slot(const struct map *m, uint64_t id)
{
    size_t i = home_slot(m, id);
    while (m->slots[i].value && m->slots[i].id != id)
        i = (i + 1) & (m->capacity - 1);
    return &m->slots[i];
}

void *map_get(const struct map *m, uint64_t id)
{
    return m->capacity ? find_slot(m, id)->value : NULL;
}

static void map_grow(struct map *m)
{
    struct map_slot *old = m->slots;
    size_t n = m->capacity;
    m->capacity = n ? 2 * n : 16;
    m->slots = mem_zero(m->capacity + 1, sizeof(*m->slots));
    for (size_t i = 0; i < n; i++)
        if (old[i].value)
            *find_slot(m, old[i].id) = old[i];
    free(old);
}

void map_put(struct map *m, uint64_t id, void *value)
{
    assert(value);
    if (4 * (m->n + 1) > 3 * m->capacity)
        map_grow(m);
    struct map_slot *s = find_slot(m, id);
    if (!s->value)
        m->n++;
    *s = (struct map_slot){id, value};
}

void *map_remove(struct map *m, uint64_t id)
{
    if (!m->capacity)
        return NULL;
    struct map_slot *s = find_slot(m, id);
    void *value = s->value;
    if (!value)
        return NULL;
    m->n--;
    /* Close the hole: move back entries that were displaced past it. */
    size_t mask = m->capacity - 1, hole = (size_t)(s - m->slots);
    for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t from_home = (i - home_slot(m, m->slots[i].id)) & mask;
        if (from_home >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
    return value;
}

size_t map_longest_run(const struct map *m)
{
    size_t run = 0, longest = 0;
    /* twice around: a run may go over the end */
    for (size_t i = 0; i < 2 * m->capacity; i++) {
        run = m->slots[i & (m->capacity - 1)].value ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}
