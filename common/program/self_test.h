// SPDX-License-Identifier: MIT
/*
 * The self-test of a program: whether it answers in form, whether its counts add up
 * however a range is cut, and how fast it is.  Its result, of the counts of the first
 * trials of one seed, tells versions of a program apart.
 */
#ifndef COMMON_PROGRAM_SELF_TEST_H
#define COMMON_PROGRAM_SELF_TEST_H

#include "common/program/offer.h"
#include "common/program/program.h"

enum { SELF_TEST_MS = 5000 }; /* what it may take, by default */

struct self_test {
    uint64_t test;
    double rate;     /* trials/s, calls included */
    double start_s;  /* from the start to the first answer */
    double call_s;   /* of one trial; the shortest of several calls */
    uint64_t trials; /* counted in all */
    bool scores,
        checked; /* it has counted more than one a trial; all checks were made */
};

/*
 * Runs a program by itself; of the configuration's members test, rate and once mean
 * nothing.  PROGRAM_TEST_TRIALS are always counted; what the program is too slow for
 * within `most_ms` is left out.  -EPROTO: it has failed, or does not add up; and
 * -ECANCELED once cancel_fd can be read (-1: never).
 */
MUST_USE int self_test(const struct program_config *config, int cancel_fd,
                       int64_t most_ms, struct self_test *ret,
                       struct program_failure *ret_failure);

/* The self-test of each program, in order, with SELF_TEST_MS each; ret has room for
 * PROGRAMS_MAX.  -EPROTO after program_report() for `who`. */
MUST_USE int self_test_all(const char *who, const struct offers *offers,
                           struct self_test *ret);

/* Tells on stderr why the program of this name does not count; who: "piworker". */
void program_report(const char *who, const char *name,
                    const struct program_failure *why);

#endif
