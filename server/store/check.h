// SPDX-License-Identifier: MIT
/*
 * What must be true of a state directory, asked of the tables themselves by SQL alone:
 * it shares no code with the ledger that filled them, not even the rule where
 * checkpoints are.  Changes nothing.
 */
#ifndef SERVER_STORE_CHECK_H
#define SERVER_STORE_CHECK_H

#include "common/base/base.h"

struct sqlite3;

/* Called for each promise that is found broken, with a sentence that says where. */
typedef void check_sink(void *ctx, const char *sentence);

/* The number of promises broken; or a negative errno where the tables cannot be read.
 * -EBADMSG: for they are damaged, and the sink has been told how. */
MUST_USE int check_tables(struct sqlite3 *sql, check_sink *sink, void *ctx);

/* `picoord --check`: says on stdout what was found in the file and returns the exit
 * code, 0 sound, 1 not, 7 not readable.  Nobody may have it open for writing. */
MUST_USE int check_file(const char *path);

#endif
