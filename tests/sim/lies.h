// SPDX-License-Identifier: MIT
/*
 * Liars and honest workers share a job of a real coordinator's core, in many runs for
 * each way to lie: are the answers as good as docs/SECURITY.md promises?
 */
#ifndef TESTS_SIM_LIES_H
#define TESTS_SIM_LIES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/msg.h"
#include "tests/sim/liar.h"

/* A row of the table. */
struct lies_setting {
    enum liar_model model;
    bool gross;
    enum audit_policy audit;
    uint64_t trials;
    uint32_t lease_log2;
};

/* How one job has ended. */
struct lies_end {
    const char *fault; /* what must not be in any run, or NULL */
    bool said;         /* somebody has lied */
    bool found;        /* all liars are excluded */
    bool doubt;        /* the answer is known to be in doubt */
    double lied;       /* the trials of the answer that are lies, as a share of it: */
    double lied_most;  /* those of the identity that has most of them */
    double error;      /* of the answer, in its standard errors */
    double audits;     /* trials recomputed, trials revoked, by trials of the job */
    double rework;
};

void lies_run(const struct lies_setting *s, uint64_t seed, struct lies_end *ret);

/* Runs all rows, so many runs each, and prints them; 1 where a promise is broken. */
int lies_table(uint64_t runs);

#endif
