// SPDX-License-Identifier: MIT
/*
 * An intrusive circular doubly linked list: the links are members of the listed
 * structs, and the head is a link too.  All operations take constant time and cannot
 * fail.  Pure.
 *
 * The list borrows its links; a link must be removed before its memory is freed.
 */
#ifndef COMMON_BASE_RING_H
#define COMMON_BASE_RING_H

#include <stdbool.h>

/* A link that points to itself is alone: an empty head, or a member of no ring. */
struct ring {
    struct ring *previous, *next;
};

/* Required for each link, heads included, before any other use. */
static inline void ring_init(struct ring *r)
{
    r->previous = r->next = r;
}

static inline bool ring_is_alone(const struct ring *r)
{
    return r->next == r;
}

/* Appends a link at the end.  It must be initialized and in no ring. */
static inline void ring_append(struct ring *head, struct ring *r)
{
    r->previous = head->previous;
    r->next = head;
    head->previous->next = r;
    head->previous = r;
}

/* Removes a link from its ring; does nothing if it is alone. */
static inline void ring_remove(struct ring *r)
{
    r->previous->next = r->next;
    r->next->previous = r->previous;
    ring_init(r);
}

#endif
