// SPDX-License-Identifier: MIT
/*
 * Checks the invariants of a state directory on the tables themselves, by SQL alone.
 * It shares no code with the ledger that wrote them, not even the rule for checkpoints.
 * Changes nothing.
 */
#ifndef SERVER_STORE_CHECK_H
#define SERVER_STORE_CHECK_H

#include "common/base/base.h"

struct sqlite3;

/* Called for each violation, with a sentence that says where it is. */
typedef void check_sink(void *ctx, const char *sentence);

/* The number of invariants violated; or a negative errno if the tables cannot be read.
 * -EBADMSG: they are damaged, and the sink was called with the reason. */
MUST_USE int check_tables(struct sqlite3 *sql, check_sink *sink, void *ctx);

/* `picoord --check`: prints the findings to stdout and returns the exit code: 0 sound,
 * 1 not sound, 7 not readable.  No process may have the file open for writing. */
MUST_USE int check_file(const char *path);

#endif
