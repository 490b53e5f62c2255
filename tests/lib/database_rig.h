// SPDX-License-Identifier: MIT
/*
 * Databases on files in the test's folder (scratch.h), and one that holds a bit of
 * everything.
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

extern char path[PATH_SIZE]; /* of the database that all these functions mean */

/* From now on another path, where no file is: a setup of cmocka. */
int new_path(void **state);

/* The database, which opens; closed by the caller. */
struct database *opened(void);

/* Records of a job that is done: two workers, two rows, one of them settled. */
size_t example(struct record r[FOUND_MAX]);

/* A database that holds the example, closed. */
void write_example(void);

/* For database_read(): ctx is a struct found. */
struct found {
    struct record at[FOUND_MAX];
    size_t n;
};
void find(void *ctx, const struct record *r);

/* By another connection. */
void execute(const char *sql);

/* Opening fails with err and these words, and neither the file nor its folder has
 * changed. */
void expect_refused(int err, const char *words);

#endif
