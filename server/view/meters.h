// SPDX-License-Identifier: MIT
/*
 * What the process and its loop measure of themselves, for the metrics.  Counts are
 * since the start.
 */
#ifndef SERVER_VIEW_METERS_H
#define SERVER_VIEW_METERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/histogram.h"
#include "common/wire/msg.h"
#include "server/core/coord.h"

enum { REFUSAL_CODES = REFUSAL_KERNEL + 1, PROGRAMS_COUNTED_MAX = 64 };

struct meters {
    struct histogram commits; /* transactions, from the core to the disk */
    struct histogram turns;   /* of the event loop, without its waits */
    int64_t commit_age_ms;    /* since the last transaction; -1: there was none */
    uint64_t refused[REFUSAL_CODES]; /* connections, by the code they were told */
    size_t n_programs;
    struct coord_counted programs[PROGRAMS_COUNTED_MAX]; /* pi is the first */
    int64_t started_ms;                                  /* Unix time */
    int64_t cpu_us;
    uint64_t resident_bytes;
};

#endif
