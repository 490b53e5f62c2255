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
    PUT_PROGRAM,
    CLEAR_ROWS,
    PUT_ROW,
    PUT_SHARE,
    PUT_BAN,
    CLEAR_BAN,
    PUT_ANSWER,
    PUT_STANDING,
    PUT_PROGRAM_STANDING,
    PUT_AUDIT,
    CLEAR_AUDIT,
    RM_ANSWERS,
    RM_AUDITS,
    RM_SHARES,
    RM_ROWS,
    RM_PROGRAM,
    RM_JOB,
    PUT_REMOVED,
    STATEMENTS
};

enum { WORKER_TEXT = 17 };

struct database {
    sqlite3 *sql;
    bool is_open; /* nothing was wrong with the file */
    sqlite3_stmt *statements[STATEMENTS];
    int log_pages;    /* pages in the write-ahead log; 0 after it was copied */
    uint32_t version; /* PRAGMA user_version, with the mark of the log */
    char why[256];
};

/* Of four bytes, as in SQLite's files. */
static inline uint32_t database_big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Names of enum stop_rule. */
extern const char *const database_rules[3];

/* Converts a result code to 0 or a negative errno, and keeps SQLite's message. */
MUST_USE int database_fail(struct database *d, int rc);

/* Writes the mark of the next log, see log_check.h, at the end of this one, which is to
 * be copied into the file then. */
MUST_USE int database_mark(struct database *d);

/* Prepares the statements; the tables must exist. */
MUST_USE int database_prepare(struct database *d);

#endif
