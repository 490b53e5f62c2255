// SPDX-License-Identifier: MIT
/*
 * Workers that lie, in fourteen ways: in which of their results, in which sub-counts,
 * and what they say instead of the truth.
 */
#ifndef TESTS_SIM_LIAR_H
#define TESTS_SIM_LIAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rng.h"
#include "common/wire/lease.h"

enum liar_model {
    LIAR_ALWAYS,
    LIAR_TEN_PERCENT,
    LIAR_ONE_PERCENT,
    LIAR_ONE_PIECE,
    LIAR_ONE_SIGMA,
    LIAR_LATER,
    LIAR_SEVERAL,
    LIAR_TOGETHER,
    LIAR_LATE,
    LIAR_WRONG_RANGE,
    LIAR_FORESEES,
    LIAR_CUTS,
    LIAR_CROWD,
    LIAR_AT_END,
    LIAR_MODELS,
};

enum { CROWD_RESULTS = 11 /* of one of a crowd: it lies in the last of them */ };

struct liar_kind {
    const char *name;
    uint32_t liars;      /* at once, */
    uint32_t identities; /* and in turn, for each of them */
    uint32_t honest;
    bool gross;  /* may say that all trials hit */
    bool surely; /* must be found in every run */
    bool exact;  /* the answer must always be right, even with samples */
};

extern const struct liar_kind liar_kinds[LIAR_MODELS];

struct liar {
    enum liar_model model;
    bool gross;         /* all trials hit; else as far off as goes unnoticed */
    struct rng chance;  /* its own */
    uint64_t seed, end; /* of the job, and its number of trials */
    uint64_t results;   /* returned so far */
    /* Who foresees: the coordinator's generator of what is shown, as recovered from
     * uids, and the gap to what would be its next draw, if draws came from there. */
    struct rng shown;
    double gap;
};

/* A coordinator's generator, as it was seeded, is brought to where it was when it had
 * shown these two words. */
void liar_recovers(struct liar *l, const struct rng *seeded, const uint64_t words[2]);

/* Its next result: changes some of the n true sub-counts of the range; a mask of
 * those. */
uint64_t liar_says(struct liar *l, struct range r, uint64_t *pieces, size_t n);

#endif
