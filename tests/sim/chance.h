// SPDX-License-Identifier: MIT
/*
 * How a seeded world throws dice: common/base/rng.h with the distributions that faults
 * want.  Integers only, so a seed means the same on every machine.  Pure.
 */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>

#include "common/base/rng.h"

/* Each stream of a seed is another sequence. */
void chance_init(struct rng *r, uint64_t seed, uint64_t stream);

/* Uniform in [low, high]. */
int64_t chance_between(struct rng *r, int64_t low, int64_t high);

/* In [low, high], 0 < low: an octave first, then a place in it: each order of magnitude
 * is as likely. */
int64_t chance_scale(struct rng *r, int64_t low, int64_t high);

/* True in `parts` of a million; in so many of a hundred. */
bool chance_ppm(struct rng *r, uint32_t parts);
bool chance_percent(struct rng *r, uint32_t percent);

#endif
