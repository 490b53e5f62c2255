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
struct program_offer;
struct program_failure;
struct self_test;

struct serial_options {
    const struct kernel *kernel; /* borrowed; from kernel_choose() */
    uint64_t seed;
    uint64_t first;   /* the first trial */
    uint64_t trials;  /* at least 1 */
    unsigned threads; /* 0 means 1 */
    bool json;        /* print one object instead of aligned lines */
    /* NULL: trials are pi's.  Else what its self-test has found, and its text. */
    const struct program_offer *offer;
    const struct self_test *test;
    const char *arg;
};

/*
 * Counts, then writes the answer to out.  0 or a negative errno: -EINVAL: no trials;
 * -ERANGE: first + trials is more than there are (serial_most()); -EPROTO: the program
 * has failed, *ret_failure says why; others: a thread could not be started.  The caller
 * checks out with ferror().
 */
MUST_USE int serial_run(const struct serial_options *options, FILE *out,
                        struct program_failure *ret_failure);

/* So many trials are there: 2^62 of pi, 2^46 of a program. */
uint64_t serial_most(const struct serial_options *options);

#endif
