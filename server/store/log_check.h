// SPDX-License-Identifier: MIT
/*
 * Whether the log beside a database file is the file's own.  SQLite brings any log that
 * it finds there into the file, and deletes the log of a file that is missing; so this
 * looks before SQLite does.
 *
 * What it goes by is the mark, a number that is drawn before each new log and kept in
 * page 1 of the file (SCHEMA_MARK_SHIFT).  The first transaction of each log writes
 * page 1, so a log belongs to a file if it has a page 1 with the file's mark.  A file
 * that has never been marked has a log without marks.
 */
#ifndef SERVER_STORE_LOG_CHECK_H
#define SERVER_STORE_LOG_CHECK_H

#include "common/base/base.h"
#include "common/base/error.h"

/*
 * 0: the file has no log, or its own; a log in which no transaction is complete counts
 * as none.  -ESTALE: the log, or the rollback journal, is of another file, or its file
 * is missing; other errors are those of reading.  Nothing is changed.
 */
MUST_USE int log_check(const char *path, struct error *ret_why);

#endif
