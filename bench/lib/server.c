// SPDX-License-Identifier: MIT
#include "bench/lib/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/sys/hash.h"

static void on_failed(void *ctx, const struct error *why)
{
    (void)ctx;
    fprintf(stderr, "the store has failed: %s\n", why->what);
    exit(1);
}

uint64_t bench_worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return hash_worker_id(secret);
}

static void ignore_message(void *ctx, const struct msg *m)
{
    (void)ctx;
    (void)m;
}

static void ignore_effect(void *ctx, const struct effect *e)
{
    (void)ctx;
    (void)e;
}

static void ignore_end(void *ctx)
{
    (void)ctx;
}

const struct net_events bench_events = {.on_local_reply = ignore_message,
                                        .on_effect = ignore_effect,
                                        .on_token = ignore_effect,
                                        .on_failed = on_failed,
                                        .on_stopped = ignore_end,
                                        .on_closed = ignore_end};

struct store *bench_store(uv_loop_t *loop, const char *folder)
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
        on_failed(NULL, &why);
    return s;
}
