// SPDX-License-Identifier: MIT
/*
 * `piworker --bench`: each kernel's trials/s and cycles per trial on one core of this
 * machine, and which kernel is in use.  Blocks until it is done.
 */
#ifndef WORKER_BENCH_H
#define WORKER_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/base.h"

enum { BENCH_DEFAULT_MS = 2000, BENCH_MAX_MS = 3600 * 1000 };

struct kernel;

struct bench_options {
    const struct kernel *kernel; /* the one in use; borrowed */
    int64_t budget_ms;           /* for all kernels together; 0: BENCH_DEFAULT_MS */
    bool json;                   /* print one object instead of a table */
};

/* Measures, then writes the figures to out.  -EINVAL: the budget is negative or more
 * than BENCH_MAX_MS.  The caller checks out with ferror(). */
MUST_USE int bench_run(const struct bench_options *options, FILE *out);

#endif
