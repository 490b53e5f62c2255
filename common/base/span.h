// SPDX-License-Identifier: MIT
/*
 * An ordered set of disjoint ranges of trials, each with a tag and a value.  Adjacent
 * ranges with the same tag may be merged; their values add up.  Pure.
 *
 * The ranges are kept sorted in blocks of at most SPAN_BLOCK and found by two binary
 * searches, so an insertion moves little memory however many there are.  Any change
 * invalidates iterators.  What is looked for near the last find is found at once.
 */
#ifndef COMMON_BASE_SPAN_H
#define COMMON_BASE_SPAN_H

#include "common/base/base.h"

#include <stdbool.h>

enum { SPAN_BLOCK = 128 };

struct span {
    uint64_t first, end; /* [first, end), never empty */
    uint64_t tag, value;
};

/* An iterator. */
struct span_at {
    size_t block, index;
};

struct span_block;

/* Zero-initialised: empty. */
struct span_set {
    struct span_block **blocks;
    size_t n_blocks, capacity, n; /* n: spans */
    uint64_t total;               /* trials in all spans */
    struct span_block *spare;
    struct span_at *last; /* what was found last; it may be no place any more */
};

void span_release(struct span_set *s);
void span_clear(struct span_set *s);

/* Sets *ret to the first span that ends after `trial`; false if there is none. */
bool span_find(const struct span_set *s, uint64_t trial, struct span_at *ret);

bool span_valid(const struct span_set *s, struct span_at at);
const struct span *span_get(const struct span_set *s, struct span_at at);
struct span_at span_next(const struct span_set *s, struct span_at at);
struct span_at span_begin(void);

/* The span that holds `trial`, or NULL. */
const struct span *span_of(const struct span_set *s, uint64_t trial);

/* How many trials of [first, end) are in the set. */
uint64_t span_overlap(const struct span_set *s, uint64_t first, uint64_t end);

/*
 * Inserts x, which must overlap nothing in the set, and merges it with adjacent spans
 * of the same tag that lie within [floor, ceiling).  Returns the span that now contains
 * x.
 */
struct span span_add(struct span_set *s, struct span x, uint64_t floor,
                     uint64_t ceiling);

/* Removes the span at this place. */
void span_erase(struct span_set *s, struct span_at at);

/* Removes all spans within [first, end); none may cross its ends. */
void span_erase_range(struct span_set *s, uint64_t first, uint64_t end);

/*
 * Removes [first, end) from the one span that contains it.  The parts on either side
 * stay and keep the tag.  The span's value must be 0, since a value cannot be divided.
 */
void span_cut(struct span_set *s, uint64_t first, uint64_t end);

#endif
