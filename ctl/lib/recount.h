// SPDX-License-Identifier: MIT
/*
 * Counts the hits of ranges on all cores that this process may use, of pi or by a
 * program.  Blocks until it is done; a callback can show progress.
 */
#ifndef CTL_LIB_RECOUNT_H
#define CTL_LIB_RECOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

struct kernel;
struct program_offer;
struct program_failure;
struct self_test;

struct recount {
    const struct kernel *kernel; /* from kernel_choose() */
    const struct program_offer
        *offer; /* NULL: pi.  Else with what its self-test has found: */
    const struct self_test *test;
    const char *arg;
    bool score;
    uint64_t seed;
    const struct range *ranges; /* each within [0, 2^62), or a program's [0, 2^46) */
    size_t n;
    const atomic_bool *cancel; /* true: stop early */
    int cancel_fd;             /* of a program: stop early once it can be read */
    /* Called in the caller's thread every RECOUNT_TICK_MS; or NULL. */
    void (*on_progress)(void *ctx, uint64_t trials_done);
    void *ctx;
};

enum { RECOUNT_TICK_MS = 100 };

/* 0, with the hits of each range in ret_hits; -ECANCELED; -EPROTO: the program has
 * failed, *ret_failure says why; or another negative errno if no thread could be
 * started. */
MUST_USE int recount_run(const struct recount *r, uint64_t *ret_hits,
                         struct program_failure *ret_failure);

#endif
