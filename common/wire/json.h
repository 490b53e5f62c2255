// SPDX-License-Identifier: MIT
/*
 * Views as JSON and the ledger back from it.  The form is protobuf's own for the
 * same messages (docs/PROTOCOL.md): field names as in the .proto, 64-bit integers as
 * strings, nothing left out, a double that is not known as null.  Each call writes
 * one object in one line, newline included, and borrows its view.  Errors of the
 * stream are the caller's to look for, by ferror().
 */
#ifndef COMMON_WIRE_JSON_H
#define COMMON_WIRE_JSON_H

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/base.h"
#include "common/wire/msg.h"

void json_job(FILE *out, const struct job_view *job);
void json_status(FILE *out, const struct status_view *status);

/* {"jobs":[...]}, {"workers":[...]} and {"answers":[...]}; n may pass LIST_MAX. */
void json_jobs(FILE *out, const struct job_view *jobs, size_t n);
void json_workers(FILE *out, const struct worker_view *workers, size_t n);
void json_history(FILE *out, const struct answer_view *answers, size_t n);

/* The whole ledger, put together from all frames of a reply. */
void json_ledger(FILE *out, const struct ledger_view *ledger);

/*
 * Longest text of a ledger: the shares of 100 000 workers take 9 MB.  The parser's
 * memory can be bounded by its input only: it takes 80 bytes for each byte at the
 * worst.
 */
enum { JSON_LEDGER_BYTES_MAX = 16 << 20 };

/*
 * Reads what json_ledger() wrote, wherever it has been since: strict JSON, members
 * in any order, unknown ones skipped, 64-bit integers as strings or, below 2^63, as
 * numbers.  0, with *ret borrowing from `arena` (reset first; its limit bounds the
 * view) and ret->job set; or -EBADMSG, and *ret_why is a sentence of printable ASCII
 * that lives as long as the arena.
 */
MUST_USE int json_read_ledger(const char *text, size_t bytes, struct arena *arena,
                              struct ledger_view *ret, const char **ret_why);

#endif
