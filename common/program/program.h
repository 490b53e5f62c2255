// SPDX-License-Identifier: MIT
/*
 * A program that counts hits, as docs/PROGRAMS.md has it: a child that is asked "count
 * SEED FIRST COUNT [TEXT]" and answers "FIRST HITS".  The counterpart of
 * common/kernel/kernel.h for trials that are not ours, so nothing that a child does is
 * believed: what is no answer to what was asked is a failure, told in one sentence.
 *
 * A struct counter is one child at most, for one thread; it is started at the first
 * count and kept.  Functions on different counters may run at the same time.
 */
#ifndef COMMON_PROGRAM_PROGRAM_H
#define COMMON_PROGRAM_PROGRAM_H

#include <stdbool.h>

#include "common/base/base.h"
#include "common/program/child.h"
#include "common/wire/msg.h"

/* The test: what a program counts in the first trials of this seed, one by one. */
#define PROGRAM_TEST_SEED UINT64_C(0x0ea000002be)
enum { PROGRAM_TEST_TRIALS = 4 };

enum {
    PROGRAM_PATIENCE_MS = 60000, /* for an answer, beside ten times its prediction */
    PROGRAM_WHY_BYTES = TEXT_BYTES + 1, /* of a failure's sentence */
};

/* Strings are borrowed for the life of the program. */
struct program_config {
    const char *name, *command;
    unsigned thread;
    int64_t patience_ms; /* 0: PROGRAM_PATIENCE_MS */
    bool once;           /* the first failure counts: for a self-test */
    /* Of the self-test (common/program/self_test.h).  A rate of 0: not tested; else a
     * child that starts is asked the test again, if that takes a second at most, since
     * the command may have become another one. */
    uint64_t test;
    double rate; /* trials/s */
};

/* What is counted. */
struct program_call {
    uint64_t seed;
    const char *arg; /* printable, may be empty; borrowed */
    bool score;      /* a trial counts up to 65,536, not 1 */
    int cancel_fd;   /* cancelled once this can be read; -1: never */
};

/* Why a program does not count, for people. */
struct program_failure {
    char why[PROGRAM_WHY_BYTES];      /* continues "program 'x' ...": "exited with 3" */
    const char *hint;                 /* static; or NULL */
    char stderr_[CHILD_STDERR_BYTES]; /* the last lines, or empty */
};

struct counter;

struct counter *program_new(const struct program_config *config);

/* Ends the child, and all of its process group: at once if it owes an answer, else it
 * is given a moment to tidy up at the end of its input.  Accepts NULL. */
void program_free(struct counter *p);

/*
 * Counts trials [first, first + count), count >= 1 and first + count at most
 * PROGRAM_TRIALS_MAX; piece and sub are as in kernel_count().  All pieces are asked at
 * once, so that the child need not wait for us.
 *
 * -ECANCELED: the child is kept if it was done within about 100 ms, or else ended.
 * -EPROTO: the child has failed twice at the same piece, the second time after a new
 * start (or once, if so configured); *ret_failure says why.
 */
MUST_USE int program_count(struct counter *p, const struct program_call *call,
                           uint64_t first, uint64_t count, uint64_t piece,
                           uint64_t *sub, uint64_t *ret_hits,
                           struct program_failure *ret_failure);

/* Ends the child: the next count is that of a new one. */
void program_restart(struct counter *p);

/* The test of these counts of the first trials: 64 bits of SHA-256. */
uint64_t program_test(const uint64_t counts[PROGRAM_TEST_TRIALS]);

#endif
