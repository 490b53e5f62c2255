// SPDX-License-Identifier: MIT
/*
 * The last minute of the workers, for a page that is opened late: what each has
 * counted, how fast it was and in which state, at moments a second apart (ten in fleets
 * of more than a thousand); and the last events.  Pure.
 *
 * Bounded: PAST_WORKERS workers by name, of whom each takes 800 bytes, 200 KiB in all;
 * of the others only the sums are kept.  What is written has at most PAST_BYTES: the
 * more workers, the fewer moments; then those who have counted most.
 */
#ifndef SERVER_VIEW_PAST_H
#define SERVER_VIEW_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/wire/msg.h"

enum {
    PAST_MS = 60000,
    PAST_MOMENTS = 61, /* a second apart, both ends included */
    PAST_WORKERS = 256,
    PAST_EVENTS = 50,
    PAST_BYTES = 32 * 1024,
    PAST_MANY_WORKERS = 1000, /* more are looked at each PAST_MANY_MS */
    PAST_MANY_MS = 10000,
};

struct past;

struct past *past_new(void);
void past_free(struct past *p); /* accepts NULL */

/* Whether it is time for another moment; now_ms is on a monotonic clock. */
bool past_is_due(const struct past *p, int64_t now_ms);

/* A new moment, by both clocks; then each of its workers. */
void past_begin(struct past *p, int64_t now_ms, int64_t time_ms);
void past_worker(struct past *p, const struct worker_view *w);

/* Writes the minute before the last moment and the last PAST_EVENTS of n events, the
 * oldest first, as docs/OPERATIONS.md has it; without a newline. */
void past_json(const struct past *p, const struct event_view *events, size_t n,
               FILE *out);

#endif
