// SPDX-License-Identifier: MIT
/*
 * Makes transactions durable.  In memory: nothing outlives the process, and a
 * transaction counts as durable at the end of the event loop's turn.  In DIR/state.db:
 * a thread writes, so that the event loop never waits for a disk.
 *
 * Open a store, read its records, then start it.  No callback comes from within a call.
 * At most one transaction may be in flight.
 *
 * The thread looks once a second, and after each transaction before it is reported,
 * whether the open files are still those of their names: nothing is durable in a file
 * that was removed, moved or replaced.
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <stdint.h>

#include <uv.h>

#include "server/core/record.h"
#include "server/store/database.h"

struct store;

/* All called on the event loop's thread. */
struct store_events {
    /* status: 0; or -ENOSPC, -ENOMEM, -EBUSY: nothing was written, and the same
     * transaction may be handed over again. */
    void (*on_durable)(void *ctx, uint64_t transaction, int status);
    /* The storage has failed, or its files have left their place; *why says how, and
     * what to do.  Only on_closed may still follow. */
    void (*on_failed)(void *ctx, const struct error *why);
    /* A requested snapshot; the callee frees it with free().  status: 0, -ENOMEM, -EIO,
     * or -ENOTSUP: there is no file. */
    void (*on_snapshot)(void *ctx, int status, uint8_t *bytes, size_t n);
    void (*on_closed)(void *ctx); /* after store_close(); s is freed when it returns */
};

/* A store in memory; never fails. */
struct store *store_memory(uv_loop_t *loop);

/* Opens or creates DIR/state.db; the directory must exist, and no other process may use
 * it. Errors are those of database_open(). */
MUST_USE int store_open(uv_loop_t *loop, const char *dir, struct store **ret,
                        struct error *ret_why);

/* The records of an earlier process, jobs first; borrowed until store_start(). */
const struct record *store_records(const struct store *s, size_t *ret_n);

/* The file was not there: it is new, and empty. */
bool store_made(const struct store *s);

/* Frees the records and starts the thread.  Callbacks may come from now on. */
void store_start(struct store *s, const struct store_events *events, void *ctx);

/* Borrows the records until on_durable or on_closed. */
void store_commit(struct store *s, uint64_t transaction, const struct record *records,
                  size_t n);

/* on_snapshot follows once for each call, in order. */
void store_snapshot(struct store *s);

/* A transaction in flight is completed first.  Then only on_closed follows, if the
 * store was started. */
void store_close(struct store *s);

#endif
