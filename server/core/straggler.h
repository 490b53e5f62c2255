// SPDX-License-Identifier: MIT
/*
 * Leases that are late, so that a thread that is idle may have them as well: the first
 * result counts.
 */
#ifndef SERVER_CORE_STRAGGLER_H
#define SERVER_CORE_STRAGGLER_H

#include "server/core/state.h"

struct straggler {
    struct grant *grant;
    uint64_t first, count; /* leases of it side by side, or a part of one */
    uint32_t log2;
};

/* A thread of which some lease may be late by now; or NULL. */
struct thread *straggler_due(struct coord *c);

/*
 * When some lease of the slow thread may go to the idle one as well, in ms.  If that is
 * now, *ret has such leases, the last ones of a grant, about as many as the idle thread
 * computes in a quarter of a second; of a lease that is too much for it, a part.
 */
int64_t straggler_look(const struct coord *c, const struct thread *slow,
                       const struct thread *idle, struct straggler *ret);

#endif
