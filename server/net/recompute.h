// SPDX-License-Identifier: MIT
/*
 * Counts hits on the coordinator's machine, to check results: one thread beside the
 * event loop, one range after another, in the order of the requests.  The thread starts
 * with the first request.  Owns its thread and queue.
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

/* 0, or a negative errno of uv_async_init(). */
MUST_USE int recompute_new(uv_loop_t *loop, const struct kernel *kernel,
                           recompute_counted *on_counted, void *ctx,
                           struct recompute **ret);

/* Queues a range of trials; on_counted follows with the same id. */
void recompute_ask(struct recompute *r, uint64_t id, uint64_t seed, uint64_t first,
                   uint64_t count);

/* Stops within 10 ms, reports nothing any more, and frees itself once the event loop
 * has closed its handle.  Accepts NULL. */
void recompute_close(struct recompute *r);

#endif
