// SPDX-License-Identifier: MIT
/*
 * Counts hits on the coordinator's machine, to check results, on threads beside the
 * event loop that take the requests in their order.  One starts when a request comes
 * that none is free for; each has a child of its own for each program.  Owns its
 * threads and queue.
 */
#ifndef SERVER_NET_RECOMPUTE_H
#define SERVER_NET_RECOMPUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/base/base.h"
#include "common/kernel/kernel.h"

struct offers;
struct recompute;
struct self_test;

/* micros: CPU time in microseconds, or a program's time.  failed: why a program could
 * not count, a sentence that is borrowed for the call; or NULL.  Called on the event
 * loop's thread, never from within recompute_ask(). */
typedef void recompute_counted(void *ctx, uint64_t id, uint64_t hits, uint64_t micros,
                               const char *failed);

struct recompute_config {
    const struct kernel *kernel;
    const struct offers *offers; /* borrowed, as their tests; NULL: no programs */
    const struct self_test *tests;
    size_t threads; /* how many there may be for pi, at least 1 */
    recompute_counted *on_counted;
    void *ctx;
};

/* A range of trials; of a program in its own trials. */
struct recompute_range {
    uint64_t seed, first, count;
    const char *program, *arg; /* "": pi; borrowed for the call */
    bool score;
    bool fresh; /* by a child that is started for it */
};

/* 0, or a negative errno if the loop's or the threads' descriptors cannot be had. */
MUST_USE int recompute_new(uv_loop_t *loop, const struct recompute_config *config,
                           struct recompute **ret);

/* Queues a range; on_counted follows with the same id, in any order. */
void recompute_ask(struct recompute *r, uint64_t id,
                   const struct recompute_range *range);

/* Stops within 10 ms (of a program: half a second), reports nothing any more, and frees
 * itself once the event loop has closed its handle.  Accepts NULL. */
void recompute_close(struct recompute *r);

#endif
