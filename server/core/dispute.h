// SPDX-License-Identifier: MIT
/*
 * Disputes: where two results differ, or an audit has refuted one, recomputation
 * decides, and whoever was wrong is excluded.
 */
#ifndef SERVER_CORE_DISPUTE_H
#define SERVER_CORE_DISPUTE_H

#include "server/core/state.h"

/* Hits of a range that is counted: a dispute begins where others are on record. */
void dispute_compare(struct coord *c, struct job *j, struct range r, uint64_t hits,
                     uint64_t rival);

/* INPUT_RECOMPUTED, of an audit or a dispute; one of neither is ignored. */
void dispute_recomputed(struct coord *c, uint64_t id, uint64_t hits, uint64_t micros);
void dispute_release(struct coord *c);

#endif
