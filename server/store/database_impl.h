// SPDX-License-Identifier: MIT
/*
 * Shared by the files of the database: database.c writes, database_open.c opens and
 * checks, database_read.c reads.
 */
#ifndef SERVER_STORE_DATABASE_IMPL_H
#define SERVER_STORE_DATABASE_IMPL_H

#include <sqlite3.h>

#include "server/store/database.h"

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    PUT_JOB,
    CLEAR_ROWS,
    PUT_ROW,
    PUT_SHARE,
    PUT_BAN,
    PUT_ANSWER,
    PUT_STANDING,
    PUT_AUDIT,
    CLEAR_AUDIT,
    RM_ANSWERS,
    RM_AUDITS,
    RM_SHARES,
    RM_ROWS,
    RM_JOB,
    PUT_REMOVED,
    STATEMENTS
};

enum { WORKER_TEXT = 17 };

struct database {
    sqlite3 *sql;
    sqlite3_stmt *statements[STATEMENTS];
    int log_pages; /* pages in the write-ahead log; 0 after it was copied */
    char why[256];
};

/* Names of enum stop_rule. */
extern const char *const database_rules[3];

/* Converts a result code to 0 or a negative errno, and keeps SQLite's message. */
MUST_USE int database_fail(struct database *d, int rc);

/* Prepares the statements; the tables must exist. */
MUST_USE int database_prepare(struct database *d);

#endif
