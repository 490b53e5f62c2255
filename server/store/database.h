// SPDX-License-Identifier: MIT
/*
 * Stores the records of server/core/record.h in an SQLite file; a write is durable when
 * the call returns.  WAL, synchronous=FULL, one connection with an exclusive lock.
 * Blocking, without an event loop; used by one thread at a time.
 *
 * database_open() allocates, database_close() frees.
 */
#ifndef SERVER_STORE_DATABASE_H
#define SERVER_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/base/error.h"
#include "server/core/record.h"

struct database;
struct sqlite3;

/*
 * Opens the file, creates it if it is missing or empty, and checks every page and
 * invariant.  0; or a negative errno with *ret_why, and the file is unchanged: -EBADMSG
 * damaged, -EPROTO another version or another kind of file, -EROFS, -EACCES, -ENOSPC,
 * -EBUSY, -ENOMEM, -EIO.
 */
MUST_USE int database_open(const char *path, struct database **ret,
                           struct error *ret_why);
void database_close(struct database *d); /* accepts NULL */

/* Calls the sink for each record, jobs before what belongs to them.  0 or a negative
 * errno; -EBADMSG: a value is invalid. */
typedef void database_sink(void *ctx, const struct record *r);
MUST_USE int database_read(struct database *d, database_sink *sink, void *ctx);

/* One transaction: all or nothing, and durable when it returns 0. */
MUST_USE int database_write(struct database *d, const struct record *records, size_t n);

/* Copies a long write-ahead log into the file.  Call it between writes, when no answer
 * waits. */
MUST_USE int database_tidy(struct database *d);

/* Returns the whole file as of now; the caller calls free(). */
MUST_USE int database_snapshot(struct database *d, uint8_t **ret, size_t *ret_bytes);

/* True: the same call may succeed later (no space, no memory, locked).  False: the
 * storage has failed and must not be used again, since the effect of a failed write is
 * unknown. */
bool database_may_retry(int err);

/* Why the last failed call failed, as a phrase. */
const char *database_why(const struct database *d);

/* For queries by others; borrowed. */
struct sqlite3 *database_handle(struct database *d);

#endif
