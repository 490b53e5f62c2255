// SPDX-License-Identifier: MIT
/*
 * What the parts of the database share: database.c writes, database_open.c opens and
 * proves, database_read.c reads.
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
    STATEMENTS
};

enum { WORKER_TEXT = 17 };

struct database {
    sqlite3 *sql;
    sqlite3_stmt *statements[STATEMENTS];
    int log_pages; /* that the write-ahead log has; 0 soon after it was brought in */
    char why[256];
};

/* The words for enum stop_rule. */
extern const char *const database_rules[3];

/* 0, or the negative errno for a result code, with what SQLite says of it kept. */
MUST_USE int database_fail(struct database *d, int rc);

/* Makes the statements, once the tables are there. */
MUST_USE int database_prepare(struct database *d);

#endif
