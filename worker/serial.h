// SPDX-License-Identifier: MIT
/*
 * `piworker --serial`: hits and pi of a range of trials, counted here and now without
 * a coordinator.  The same integer that any fleet gets for the same range.  Blocks
 * until it is done.
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
    uint64_t trials;  /* how many, at least 1 */
    unsigned threads; /* 0 is 1 */
    bool json;        /* one object instead of aligned lines */
};

/*
 * Counts, then writes the answer to out.  -EINVAL: no trials.  -ERANGE: first + trials
 * is more than 2^62.  Else what starting a thread failed with.  Errors of out are the
 * caller's to look for, by ferror().
 */
MUST_USE int serial_run(const struct serial_options *options, FILE *out);

#endif
