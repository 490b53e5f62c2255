// SPDX-License-Identifier: MIT
/*
 * Writes views as JSON, and reads a ledger back.  The format is protobuf's JSON for the
 * same messages (docs/PROTOCOL.md): field names as in the .proto, 64-bit integers as
 * strings, all fields present, an unknown double as null.  Each function writes one
 * object in one line, with the newline, and borrows its view.  The caller checks the
 * stream by ferror().
 */
#ifndef COMMON_WIRE_JSON_H
#define COMMON_WIRE_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/base.h"
#include "common/wire/msg.h"

void json_job(FILE *out, const struct job_view *job);
void json_status(FILE *out, const struct status_view *status);

/* One field alone, in a line: as in the JSON form, but without quotes.
 * "pi", "state": of the job, or of the coordinator where jobs have none of that name;
 * "job.state" and "coordinator.state" say of which.  Without a job "null". */
void json_status_field(FILE *out, const struct status_view *status, const char *field);

/* Whether there is that field. */
bool json_status_has_field(const char *field);

/* {"jobs":[...]}, {"workers":[...]} and {"answers":[...]}; n may exceed LIST_MAX. */
void json_jobs(FILE *out, const struct job_view *jobs, size_t n);
void json_workers(FILE *out, const struct worker_view *workers, size_t n);
void json_history(FILE *out, const struct answer_view *answers, size_t n);

void json_event(FILE *out, const struct event_view *event);

/* A reply that says what is done, and to whom; worker may be NULL. */
void json_done(FILE *out, const struct worker_view *worker, const char *note);

/* The whole ledger, joined from all frames of a reply. */
void json_ledger(FILE *out, const struct ledger_view *ledger);

/*
 * Longest text of a ledger, in bytes: the shares of 100 000 workers take 9 MB.  Only
 * this bounds the memory of the parser, which is at most 80 times the text.
 */
enum { JSON_LEDGER_BYTES_MAX = 16 << 20 };

/*
 * Reads the output of json_ledger(), which need not be trusted: strict JSON, members in
 * any order, unknown ones skipped, 64-bit integers as strings or, below 2^63, as
 * numbers.  0: *ret borrows from `arena` (which is reset first, and whose limit bounds
 * the view), and ret->job is set.  -EBADMSG: it is no ledger; -ERANGE: it is one, with
 * values that no ledger has.  *ret_why is then a sentence in printable ASCII, valid as
 * long as the arena.
 */
MUST_USE int json_read_ledger(const char *text, size_t bytes, struct arena *arena,
                              struct ledger_view *ret, const char **ret_why);

#endif
