// SPDX-License-Identifier: MIT
/*
 * Database files in the test's folder (scratch.h), and an example with records of
 * most types.
 */
#ifndef TESTS_LIB_DATABASE_RIG_H
#define TESTS_LIB_DATABASE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/store/database.h"
#include "tests/lib/scratch.h"

enum { PATH_SIZE = 128, FOUND_MAX = 64 };

extern char path[PATH_SIZE]; /* the database of all these functions */

/* A setup of cmocka: changes `path` to one without a file. */
int new_path(void **state);

/* Opens the database, which must succeed; the caller closes it. */
struct database *opened(void);

/* The example: a finished job with two workers and two rows, one of them settled. */
size_t example(struct record r[FOUND_MAX]);

/* Creates a database with the example and closes it. */
void write_example(void);

/* For database_read(): ctx is a struct found. */
struct found {
    struct record at[FOUND_MAX];
    size_t n;
};
void find(void *ctx, const struct record *r);

/* Through a second connection of SQLite. */
void execute(const char *sql);

/* Opening must fail with err and this text, and must not change the file or its folder.
 */
void expect_refused(int err, const char *words);

#endif
