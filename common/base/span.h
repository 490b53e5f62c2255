// SPDX-License-Identifier: MIT
/*
 * An ordered set of disjoint ranges of trials, each with a tag and a value.  Ranges
 * of one tag that touch may be merged; their values add up.  Pure.
 *
 * The ranges lie in blocks of at most SPAN_BLOCK, sorted, found by two binary
 * searches, so that inserting anywhere moves little memory however many there are.
 * Iterators are invalid after any change.
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

struct span_block;

/* All zero: empty. */
struct span_set {
    struct span_block **blocks;
    size_t n_blocks, capacity, n; /* n: spans */
    uint64_t total;               /* trials in all spans */
    struct span_block *spare;
};

/* A place in the set. */
struct span_at {
    size_t block, index;
};

void span_release(struct span_set *s);
void span_clear(struct span_set *s);

/* The first span that ends after `trial`; false where there is none. */
bool span_find(const struct span_set *s, uint64_t trial, struct span_at *ret);

bool span_valid(const struct span_set *s, struct span_at at);
const struct span *span_get(const struct span_set *s, struct span_at at);
struct span_at span_next(const struct span_set *s, struct span_at at);
struct span_at span_begin(void);

/* The span that holds `trial`, or NULL. */
const struct span *span_of(const struct span_set *s, uint64_t trial);

/* How many trials of [first, end) lie in spans of the set. */
uint64_t span_overlap(const struct span_set *s, uint64_t first, uint64_t end);

/*
 * Inserts x, which overlaps nothing in the set.  Where it touches a span of equal
 * tag that lies within [floor, ceiling), the two become one.  Returns the span that
 * now holds x.
 */
struct span span_add(struct span_set *s, struct span x, uint64_t floor,
                     uint64_t ceiling);

/* Removes the whole span at the place. */
void span_erase(struct span_set *s, struct span_at at);

/* Removes all spans within [first, end); none may reach out of it. */
void span_erase_range(struct span_set *s, uint64_t first, uint64_t end);

/*
 * Removes [first, end) from the span that contains it, which keeps its tag; what is
 * left on either side stays.  The span's value must be 0: a value cannot be cut.
 */
void span_cut(struct span_set *s, uint64_t first, uint64_t end);

#endif
