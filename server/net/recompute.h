// SPDX-License-Identifier: MIT
/*
 * Counts hits on the coordinator's machine, to check results, on threads beside the
 * event loop that take the requests in their order.  One starts when a request comes
 * that none is free for.  Owns its threads and queue.
 */
#ifndef SERVER_NET_RECOMPUTE_H
#define SERVER_NET_RECOMPUTE_H

#include <stdint.h>

#include <uv.h>

#include "common/base/base.h"
#include "common/kernel/kernel.h"

struct recompute;

/* micros: CPU time in microseconds.  Called on the event loop's thread, never from
 * within recompute_ask(). */
typedef void recompute_counted(void *ctx, uint64_t id, uint64_t hits, uint64_t micros);

/* threads: how many there may be, at least 1.  0, or a negative errno of
 * uv_async_init(). */
MUST_USE int recompute_new(uv_loop_t *loop, const struct kernel *kernel, size_t threads,
                           recompute_counted *on_counted, void *ctx,
                           struct recompute **ret);

/* Queues a range of trials; on_counted follows with the same id, in any order. */
void recompute_ask(struct recompute *r, uint64_t id, uint64_t seed, uint64_t first,
                   uint64_t count);

/* Stops within 10 ms, reports nothing any more, and frees itself once the event loop
 * has closed its handle.  Accepts NULL. */
void recompute_close(struct recompute *r);

#endif
