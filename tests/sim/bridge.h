// SPDX-License-Identifier: MIT
/*
 * Made-up hits that vary as those of real trials do, at every scale: the hits of n
 * trials are off by sqrt(n pi/4 (1 - pi/4)) in the mean square.  Exact and additive,
 * for ranges that begin and end at multiples of 65,536 below 2^42.
 */
#ifndef TESTS_SIM_BRIDGE_H
#define TESTS_SIM_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

#define BRIDGE_END (UINT64_C(1) << 42)

uint64_t bridge_hits(uint64_t seed, uint64_t first, uint64_t count);

/* Of the n ranges between the n + 1 ascending points; n up to 64. */
void bridge_pieces(uint64_t seed, const uint64_t *points, size_t n, uint64_t *ret);

#endif
