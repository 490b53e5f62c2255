// SPDX-License-Identifier: MIT
/*
 * `piworker --serial`: counts the hits of a range of trials in this process, without a
 * coordinator.  The result is the same integer that any set of workers gets for the
 * same range.  Blocks until it is done; meanwhile stderr has a line of progress if it
 * is a terminal, and else says once how long it takes if that is more than a minute.
 */
#ifndef WORKER_SERIAL_H
#define WORKER_SERIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/base.h"

struct kernel;

struct serial_options {
    const struct kernel *kernel; /* borrowed; from kernel_choose() */
    uint64_t seed;
    uint64_t first;   /* the first trial */
    uint64_t trials;  /* at least 1 */
    unsigned threads; /* 0 means 1 */
    bool json;        /* print one object instead of aligned lines */
};

/*
 * Counts, then writes the answer to out.  0 or a negative errno: -EINVAL: no trials;
 * -ERANGE: first + trials is more than 2^62; others: a thread could not be started. The
 * caller checks out with ferror().
 */
MUST_USE int serial_run(const struct serial_options *options, FILE *out);

#endif
