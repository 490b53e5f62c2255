// SPDX-License-Identifier: MIT
/*
 * Disputes: if two results differ, or an audit has refuted one, picoord recomputes the
 * range and excludes the workers that were wrong.
 */
#ifndef SERVER_CORE_DISPUTE_H
#define SERVER_CORE_DISPUTE_H

#include "server/core/state.h"

/* A result for a range that is already counted: begins a dispute if the hits on record
 * differ.  It is recomputed in the turn of the worker `rival`, which has at most one.
 * Disputes keep a job from its end, for a minute in all. */
void dispute_compare(struct coord *c, struct job *j, struct range r, uint64_t hits,
                     uint64_t rival);

/* Handles INPUT_RECOMPUTED, of an audit or a dispute; an unknown id is ignored. */
void dispute_recomputed(struct coord *c, uint64_t id, uint64_t hits, uint64_t micros);

/* The same where picoord's own program could not count it. */
void dispute_failed(struct coord *c, uint64_t id, const char *why);

/* Lets jobs end that disputes have held up for long. */
void dispute_tick(struct coord *c);
void dispute_release(struct coord *c);

/* Asserts what must be true of them, slowly.  For tests. */
void dispute_check(const struct coord *c);

#endif
