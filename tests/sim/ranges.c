// SPDX-License-Identifier: MIT
#include "tests/sim/image.h"

#include <string.h>

void ranges_release(struct ranges *r)
{
    free(r->at);
    *r = (struct ranges){0};
}

/* The first range that ends at or after x. */
static size_t range_from(const struct ranges *r, uint64_t x)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (r->at[mid].first + r->at[mid].count < x)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void ranges_add(struct ranges *r, uint64_t first, uint64_t count)
{
    uint64_t end = first + count;
    size_t from = range_from(r, first), to = from;
    for (; to < r->n && r->at[to].first <= end; to++) {
        uint64_t other = r->at[to].first + r->at[to].count;
        first = r->at[to].first < first ? r->at[to].first : first;
        end = other > end ? other : end;
    }
    if (from == to && r->n == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 16;
        r->at = mem_resize(r->at, r->capacity, sizeof(*r->at));
    }
    if (to != from + 1)
        memmove(r->at + from + 1, r->at + to, (r->n - to) * sizeof(*r->at));
    r->n = r->n + from + 1 - to;
    r->at[from] = (struct range){first, end - first};
}

bool ranges_hold(const struct ranges *r, uint64_t first, uint64_t count)
{
    size_t at = range_from(r, first + 1);
    return at < r->n && r->at[at].first <= first &&
           first + count <= r->at[at].first + r->at[at].count;
}
