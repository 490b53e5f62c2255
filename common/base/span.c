// SPDX-License-Identifier: MIT
#include "common/base/span.h"

#include <assert.h>
#include <string.h>

#include "common/base/vec.h"

struct span_block {
    size_t n;
    struct span spans[SPAN_BLOCK];
};

void span_release(struct span_set *s)
{
    span_clear(s);
    free(s->spare);
    free(s->blocks);
    free(s->last);
    *s = (struct span_set){0};
}

void span_clear(struct span_set *s)
{
    for (size_t i = 0; i < s->n_blocks; i++) {
        if (s->spare)
            free(s->spare);
        s->spare = s->blocks[i];
    }
    s->n_blocks = s->n = 0;
    s->total = 0;
}

static uint64_t block_end(const struct span_block *b)
{
    return b->spans[b->n - 1].end;
}

/* Whether it is the one that was found last or the next one: results come in the order
 * of their ranges, and one range is looked for several times. */
static bool find_near(const struct span_set *s, uint64_t trial, struct span_at *ret)
{
    *ret = *s->last;
    if (ret->block >= s->n_blocks)
        return false;
    const struct span_block *b = s->blocks[ret->block];
    if (ret->index < b->n && b->spans[ret->index].end <= trial)
        ret->index++;
    if (ret->index >= b->n || b->spans[ret->index].end <= trial)
        return false;
    if (ret->index > 0)
        return b->spans[ret->index - 1].end <= trial;
    return ret->block == 0 || block_end(s->blocks[ret->block - 1]) <= trial;
}

bool span_find(const struct span_set *s, uint64_t trial, struct span_at *ret)
{
    if (s->n_blocks > 0 && find_near(s, trial, ret)) {
        *s->last = *ret;
        return true;
    }
    size_t low = 0, high = s->n_blocks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (block_end(s->blocks[middle]) > trial)
            high = middle;
        else
            low = middle + 1;
    }
    ret->block = low;
    ret->index = 0;
    if (low == s->n_blocks)
        return false;
    const struct span_block *b = s->blocks[low];
    size_t from = 0, to = b->n - 1;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (b->spans[middle].end > trial)
            to = middle;
        else
            from = middle + 1;
    }
    ret->index = from;
    *s->last = *ret;
    return true;
}

struct span_at span_begin(void)
{
    return (struct span_at){0, 0};
}

bool span_valid(const struct span_set *s, struct span_at at)
{
    return at.block < s->n_blocks;
}

const struct span *span_get(const struct span_set *s, struct span_at at)
{
    assert(at.block < s->n_blocks && at.index < s->blocks[at.block]->n);
    return &s->blocks[at.block]->spans[at.index];
}

struct span_at span_next(const struct span_set *s, struct span_at at)
{
    if (++at.index == s->blocks[at.block]->n) {
        at.block++;
        at.index = 0;
    }
    return at;
}

const struct span *span_of(const struct span_set *s, uint64_t trial)
{
    struct span_at at;
    if (!span_find(s, trial, &at))
        return NULL;
    const struct span *x = span_get(s, at);
    return x->first <= trial ? x : NULL;
}

uint64_t span_overlap(const struct span_set *s, uint64_t first, uint64_t end)
{
    struct span_at at;
    uint64_t sum = 0;
    span_find(s, first, &at);
    for (; span_valid(s, at); at = span_next(s, at)) {
        const struct span *x = span_get(s, at);
        if (x->first >= end)
            break;
        uint64_t from = x->first > first ? x->first : first;
        sum += (x->end < end ? x->end : end) - from;
    }
    return sum;
}

/* ---- blocks ---- */

static void insert_block(struct span_set *s, size_t place)
{
    vec_reserve((void **)&s->blocks, &s->capacity, s->n_blocks, sizeof(*s->blocks));
    memmove(s->blocks + place + 1, s->blocks + place,
            (s->n_blocks - place) * sizeof(*s->blocks));
    struct span_block *b = s->spare;
    s->spare = NULL;
    if (!b)
        b = mem_resize(NULL, 1, sizeof(*b));
    if (!s->last)
        s->last = mem_zero(1, sizeof(*s->last));
    b->n = 0;
    s->blocks[place] = b;
    s->n_blocks++;
}

static void remove_block(struct span_set *s, size_t place)
{
    free(s->spare);
    s->spare = s->blocks[place];
    s->n_blocks--;
    memmove(s->blocks + place, s->blocks + place + 1,
            (s->n_blocks - place) * sizeof(*s->blocks));
}

/* Makes room at a place: splits a full block, or starts a new last block. */
static struct span_at make_room(struct span_set *s, struct span_at at)
{
    if (at.block == s->n_blocks) {
        if (at.block > 0 && s->blocks[at.block - 1]->n < SPAN_BLOCK) {
            at.block--;
            at.index = s->blocks[at.block]->n;
            return at;
        }
        insert_block(s, at.block);
        return at;
    }
    if (s->blocks[at.block]->n < SPAN_BLOCK)
        return at;
    insert_block(s, at.block + 1);
    struct span_block *left = s->blocks[at.block], *right = s->blocks[at.block + 1];
    left->n = SPAN_BLOCK / 2;
    right->n = SPAN_BLOCK - left->n;
    memcpy(right->spans, left->spans + left->n, right->n * sizeof(struct span));
    if (at.index >= left->n) {
        at.index -= left->n;
        at.block++;
    }
    return at;
}

static struct span *at_mutable(struct span_set *s, struct span_at at)
{
    return &s->blocks[at.block]->spans[at.index];
}

static void insert(struct span_set *s, struct span_at at, struct span x)
{
    at = make_room(s, at);
    struct span_block *b = s->blocks[at.block];
    memmove(b->spans + at.index + 1, b->spans + at.index,
            (b->n - at.index) * sizeof(struct span));
    b->spans[at.index] = x;
    b->n++;
    s->n++;
    s->total += x.end - x.first;
}

void span_erase(struct span_set *s, struct span_at at)
{
    struct span_block *b = s->blocks[at.block];
    s->total -= b->spans[at.index].end - b->spans[at.index].first;
    b->n--;
    s->n--;
    memmove(b->spans + at.index, b->spans + at.index + 1,
            (b->n - at.index) * sizeof(struct span));
    if (b->n == 0)
        remove_block(s, at.block);
}

/* Removes the spans of one block that start at `index` or later and lie before `end`.
 */
static void erase_in_block(struct span_set *s, struct span_block *b, size_t index,
                           uint64_t end)
{
    size_t to = index;
    for (; to < b->n && b->spans[to].first < end; to++) {
        assert(b->spans[to].end <= end);
        s->total -= b->spans[to].end - b->spans[to].first;
    }
    memmove(b->spans + index, b->spans + to, (b->n - to) * sizeof(struct span));
    b->n -= to - index;
    s->n -= to - index;
}

void span_erase_range(struct span_set *s, uint64_t first, uint64_t end)
{
    struct span_at at;
    if (!span_find(s, first, &at))
        return;
    assert(span_get(s, at)->first >= first);
    size_t from = at.block, kept = from;
    for (; from < s->n_blocks && s->blocks[from]->spans[at.index].first < end; from++) {
        erase_in_block(s, s->blocks[from], at.index, end);
        at.index = 0;
        if (s->blocks[from]->n) {
            s->blocks[kept++] = s->blocks[from];
        } else {
            free(s->spare);
            s->spare = s->blocks[from];
        }
    }
    memmove(s->blocks + kept, s->blocks + from,
            (s->n_blocks - from) * sizeof(*s->blocks));
    s->n_blocks -= from - kept;
}

/* Moves *at one place back; false at the beginning. */
static bool previous(const struct span_set *s, struct span_at *at)
{
    if (at->index > 0) {
        at->index--;
        return true;
    }
    if (at->block == 0)
        return false;
    at->block--;
    at->index = s->blocks[at->block]->n - 1;
    return true;
}

struct span span_add(struct span_set *s, struct span x, uint64_t floor,
                     uint64_t ceiling)
{
    assert(x.first < x.end);
    struct span_at at, left;
    bool right_there = span_find(s, x.first, &at);
    assert(!right_there || span_get(s, at)->first >= x.end);

    bool join_right = false, join_left = false;
    if (right_there) {
        const struct span *r = span_get(s, at);
        join_right = r->first == x.end && r->tag == x.tag && r->end <= ceiling;
    }
    left = at;
    if (previous(s, &left)) {
        const struct span *l = span_get(s, left);
        join_left = l->end == x.first && l->tag == x.tag && l->first >= floor;
    }

    if (join_left) {
        uint64_t end = x.end, value = x.value;
        if (join_right) {
            end = span_get(s, at)->end;
            value += span_get(s, at)->value;
            span_erase(s, at); /* after left, so `left` stays valid */
        }
        struct span *l = at_mutable(s, left);
        s->total += end - l->end;
        l->end = end;
        l->value += value;
        return *l;
    }
    if (join_right) {
        struct span *r = at_mutable(s, at);
        s->total += r->first - x.first;
        r->first = x.first;
        r->value += x.value;
        return *r;
    }
    insert(s, at, x);
    return x;
}

void span_cut(struct span_set *s, uint64_t first, uint64_t end)
{
    struct span_at at;
    bool found = span_find(s, first, &at);
    assert(found && first < end);
    struct span *x = at_mutable(s, at);
    assert(x->first <= first && end <= x->end && x->value == 0);
    if (x->first == first && x->end == end) {
        span_erase(s, at);
        return;
    }
    if (x->first == first) {
        x->first = end;
        s->total -= end - first;
        return;
    }
    struct span rest = {end, x->end, x->tag, 0};
    s->total -= x->end - first;
    x->end = first;
    if (rest.first < rest.end) {
        at.index++;
        insert(s, at, rest);
    }
}
