// SPDX-License-Identifier: MIT
/*
 * Where transactions become durable.  This one keeps nothing: state lives in the core
 * alone and ends with the process, so a transaction is "durable" at the end of the
 * loop turn in which it was handed over.  That is late enough for all frames of a turn
 * to share one, and the turn does not end before none is left.
 *
 * on_durable is never called from within store_commit().
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include <stdint.h>

#include <uv.h>

#include "server/record.h"

struct store;

/* status: 0, or -ENOSPC: nothing was written. */
typedef void store_durable(void *ctx, uint64_t transaction, int status);

struct store *store_new(uv_loop_t *loop, store_durable *on_durable, void *ctx);

/* Borrows the records for the call. */
void store_commit(struct store *s, uint64_t transaction, const struct record *records,
                  size_t n);

/* Nothing is reported any more; frees itself once the loop has closed its handles.
 * Accepts NULL. */
void store_close(struct store *s);

#endif
