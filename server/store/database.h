// SPDX-License-Identifier: MIT
/*
 * The records of server/core/record.h in one SQLite file: what is written in a call is
 * durable when it returns.  WAL, synchronous=FULL, one connection that holds the file
 * alone.  Blocking, without a loop; used by one thread at a time.
 *
 * database_open() returns memory that database_close() takes back.
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
 * Opens the file, makes it if it is not there or empty, and proves it sound: every page
 * is read.  A negative errno and *ret_why, and then the file is as it was: -EBADMSG
 * damaged, -EPROTO another version or no such file at all, -EROFS, -EACCES, -ENOSPC,
 * -EBUSY, -ENOMEM, -EIO.
 */
MUST_USE int database_open(const char *path, struct database **ret,
                           struct error *ret_why);
void database_close(struct database *d); /* accepts NULL */

/* Hands out all that is there: jobs, bans, rows, shares, answers.  0 or a negative
 * errno; -EBADMSG where a value cannot be. */
typedef void database_sink(void *ctx, const struct record *r);
MUST_USE int database_read(struct database *d, database_sink *sink, void *ctx);

/* One transaction: all or nothing, and durable when it returns 0. */
MUST_USE int database_write(struct database *d, const struct record *records, size_t n);

/* Brings the log of transactions into the file once it is long; between two writes,
 * when nobody waits. */
MUST_USE int database_tidy(struct database *d);

/* The whole file as of now, to be released with free(). */
MUST_USE int database_snapshot(struct database *d, uint8_t **ret, size_t *ret_bytes);

/* Whether the same call may succeed later (no room, no memory, locked), or the storage
 * has failed: then nothing may be tried again, for what a failed write has left behind
 * is unknown. */
bool database_may_retry(int err);

/* What the last call that failed met with, as a phrase. */
const char *database_why(const struct database *d);

/* For those that look on their own. */
struct sqlite3 *database_handle(struct database *d);

#endif
