// SPDX-License-Identifier: MIT
/*
 * What a measured coordinator needs beside its core: a store, new, in a folder that is
 * there or in memory; and a shell that looks at nothing.
 */
#ifndef BENCH_LIB_SERVER_H
#define BENCH_LIB_SERVER_H

#include <stdio.h>
#include <stdlib.h>

#include "common/sys/hash.h"
#include "server/net/net.h"
#include "server/store/store.h"

static inline void bench_store_failed(void *ctx, const char *sentence)
{
    (void)ctx;
    fprintf(stderr, "the store has failed: %s\n", sentence);
    exit(1);
}

static inline uint64_t bench_worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return hash_worker_id(secret);
}

static inline void bench_ignore_message(void *ctx, const struct msg *m)
{
    (void)ctx;
    (void)m;
}

static inline void bench_ignore_effect(void *ctx, const struct effect *e)
{
    (void)ctx;
    (void)e;
}

static inline void bench_ignore_end(void *ctx)
{
    (void)ctx;
}

static const struct net_events bench_events = {.on_local_reply = bench_ignore_message,
                                               .on_effect = bench_ignore_effect,
                                               .on_token = bench_ignore_effect,
                                               .on_failed = bench_store_failed,
                                               .on_stopped = bench_ignore_end,
                                               .on_closed = bench_ignore_end};

/* folder NULL: in memory.  What an earlier run, which was killed, has left is removed.
 */
static inline struct store *bench_store(uv_loop_t *loop, const char *folder)
{
    static const char *const files[] = {"state.db", "state.db-wal"};
    struct store *s;
    struct error why;
    char path[512];
    if (!folder)
        return store_memory(loop);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        remove(path);
    }
    if (store_open(loop, folder, &s, &why) < 0)
        bench_store_failed(NULL, why.what);
    return s;
}

#endif
