// SPDX-License-Identifier: MIT
/*
 * Where transactions become durable: in memory (nothing outlives the process, and a
 * transaction is "durable" at the end of the loop turn in which it was handed over), or
 * in DIR/state.db, written by a thread of its own so that no turn of the loop waits for
 * a disk.
 *
 * A store is opened, its records are taken up, then it is started.  No callback comes
 * from within a call.  One transaction at a time may be under way.
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <stdint.h>

#include <uv.h>

#include "server/core/record.h"
#include "server/store/database.h"

struct store;

/* All called on the loop's thread. */
struct store_events {
    /* status: 0; or -ENOSPC, -ENOMEM, -EBUSY: nothing was written, the same transaction
     * may be handed over again. */
    void (*on_durable)(void *ctx, uint64_t transaction, int status);
    /* The storage has failed, with a sentence that says how: nothing more comes. */
    void (*on_failed)(void *ctx, const char *sentence);
    /* A snapshot that was asked for, to be released with free().  status: 0, -ENOMEM,
     * -EIO, or -ENOTSUP: there is no file. */
    void (*on_snapshot)(void *ctx, int status, uint8_t *bytes, size_t n);
    void (*on_closed)(void *ctx); /* after store_close(); s is gone when it returns */
};

struct store *store_memory(uv_loop_t *loop);

/* Opens or makes DIR/state.db; the directory is there, and nobody else uses it.  As
 * database_open(). */
MUST_USE int store_open(uv_loop_t *loop, const char *dir, struct store **ret,
                        struct error *ret_why);

/* What an earlier life has left, jobs first; until store_start(). */
const struct record *store_records(const struct store *s, size_t *ret_n);

void store_start(struct store *s, const struct store_events *events, void *ctx);

/* Borrows the records until on_durable or on_closed. */
void store_commit(struct store *s, uint64_t transaction, const struct record *records,
                  size_t n);

/* on_snapshot follows, one for each call, in order. */
void store_snapshot(struct store *s);

/* A transaction under way is finished first; then only on_closed comes, if the store
 * was started. */
void store_close(struct store *s);

#endif
