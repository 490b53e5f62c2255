// SPDX-License-Identifier: MIT
/*
 * A coordinator to measure: a new store, in an existing folder or in memory, and
 * network events that do nothing.
 */
#ifndef BENCH_LIB_SERVER_H
#define BENCH_LIB_SERVER_H

#include "server/net/net.h"
#include "server/store/store.h"

/* For coord_config: a worker's id from its secret. */
uint64_t bench_worker_id(void *ctx, const uint8_t secret[UID_BYTES]);

extern const struct net_events bench_events;

/* folder NULL: in memory.  Removes the files that a killed run has left.  A failure
 * ends the process. */
struct store *bench_store(uv_loop_t *loop, const char *folder);

#endif
