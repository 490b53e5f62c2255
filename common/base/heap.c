// SPDX-License-Identifier: MIT
#include "common/base/heap.h"

#include <assert.h>

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_release(struct heap *h)
{
    free(h->items);
    *h = (struct heap){0};
}

static bool is_before(const struct heap_item *a, const struct heap_item *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put_item(struct heap *h, size_t place, struct heap_item *item)
{
    h->items[place - 1] = item;
    item->place = place;
}

static void sift_up(struct heap *h, size_t place, struct heap_item *item)
{
    while (place > 1 && is_before(item, h->items[place / 2 - 1])) {
        put_item(h, place, h->items[place / 2 - 1]);
        place /= 2;
    }
    put_item(h, place, item);
}

static void sift_down(struct heap *h, size_t place, struct heap_item *item)
{
    for (;;) {
        size_t child = 2 * place;
        if (child > h->n)
            break;
        if (child < h->n && is_before(h->items[child], h->items[child - 1]))
            child++;
        if (!is_before(h->items[child - 1], item))
            break;
        put_item(h, place, h->items[child - 1]);
        place = child;
    }
    put_item(h, place, item);
}

void heap_set(struct heap *h, struct heap_item *item, int64_t key)
{
    item->key = key;
    item->order = h->next_order++;
    if (item->place == 0) {
        *VEC_PUSH(h) = item;
        sift_up(h, h->n, item);
        return;
    }
    assert(item->place <= h->n && h->items[item->place - 1] == item);
    sift_up(h, item->place, item);
    sift_down(h, item->place, item);
}

void heap_remove(struct heap *h, struct heap_item *item)
{
    size_t place = item->place;
    if (place == 0)
        return;
    assert(place <= h->n && h->items[place - 1] == item);
    item->place = 0;
    struct heap_item *last = h->items[--h->n];
    if (last == item)
        return;
    sift_up(h, place, last);
    sift_down(h, last->place, last);
}

struct heap_item *heap_min(const struct heap *h)
{
    return h->n ? h->items[0] : NULL;
}
