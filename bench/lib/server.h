// SPDX-License-Identifier: MIT
/*
 * What a measured coordinator needs beside its core: a store, new, in a folder that is
 * there or in memory; and a shell that looks at nothing.
 */
#ifndef BENCH_LIB_SERVER_H
#define BENCH_LIB_SERVER_H

#include "server/net/net.h"
#include "server/store/store.h"

/* For coord_config: the id that users get. */
uint64_t bench_worker_id(void *ctx, const uint8_t secret[UID_BYTES]);

extern const struct net_events bench_events;

/* folder NULL: in memory.  What an earlier run, which was killed, has left is removed.
 * A failure ends the process. */
struct store *bench_store(uv_loop_t *loop, const char *folder);

#endif
