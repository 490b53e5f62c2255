// SPDX-License-Identifier: MIT
/*
 * A ring of links that are embedded in what they hold together: a list with a head
 * that is a link as well.  Append, remove and "is it in one?" take constant time and
 * cannot fail.  Pure.
 *
 * A ring borrows its links; one must be removed before its memory goes.
 */
#ifndef COMMON_BASE_RING_H
#define COMMON_BASE_RING_H

#include <stdbool.h>

/* One that points at itself is alone: a head without members, a member of no ring. */
struct ring {
    struct ring *previous, *next;
};

/* Before any other use, and for each link. */
static inline void ring_init(struct ring *r)
{
    r->previous = r->next = r;
}

static inline bool ring_is_alone(const struct ring *r)
{
    return r->next == r;
}

/* As the last of that head's; the link is in no ring yet. */
static inline void ring_append(struct ring *head, struct ring *r)
{
    r->previous = head->previous;
    r->next = head;
    head->previous->next = r;
    head->previous = r;
}

/* No-op for a link that is alone. */
static inline void ring_remove(struct ring *r)
{
    r->previous->next = r->next;
    r->next->previous = r->previous;
    ring_init(r);
}

#endif
