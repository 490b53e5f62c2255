// SPDX-License-Identifier: MIT
/*
 * A store for a measurement: new, in a folder that is there, or in memory.
 */
#ifndef BENCH_KEPT_H
#define BENCH_KEPT_H

#include <stdio.h>
#include <stdlib.h>

#include "server/store.h"

static inline void bench_store_failed(void *ctx, const char *sentence)
{
    (void)ctx;
    fprintf(stderr, "the store has failed: %s\n", sentence);
    exit(1);
}

/* folder NULL: in memory.  What an earlier run, which was killed, has left is removed.
 */
static inline struct store *bench_store(uv_loop_t *loop, const char *folder)
{
    static const char *const files[] = {"state.db", "state.db-wal"};
    struct store *s;
    struct complaint why;
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
