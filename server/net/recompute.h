// SPDX-License-Identifier: MIT
/*
 * Counts hits on the coordinator's own machine, to check a result: one thread beside
 * the loop, one range after the other in the order asked for.  The thread starts with
 * the first request.  Owns its thread and queue.
 */
#ifndef SERVER_NET_RECOMPUTE_H
#define SERVER_NET_RECOMPUTE_H

#include <stdint.h>

#include <uv.h>

#include "common/base/base.h"
#include "common/kernel/kernel.h"

struct recompute;

/* micros: of CPU time.  In the loop's thread, never from within recompute_ask(). */
typedef void recompute_counted(void *ctx, uint64_t id, uint64_t hits, uint64_t micros);

/* 0, or a negative errno of making an async handle. */
MUST_USE int recompute_new(uv_loop_t *loop, const struct kernel *kernel,
                           recompute_counted *on_counted, void *ctx,
                           struct recompute **ret);

void recompute_ask(struct recompute *r, uint64_t id, uint64_t seed, uint64_t first,
                   uint64_t count);

/* Stops what runs within 10 ms, reports nothing any more, frees itself once the loop
 * has closed its handle.  Accepts NULL. */
void recompute_close(struct recompute *r);

#endif
