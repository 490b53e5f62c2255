// SPDX-License-Identifier: MIT
/*
 * Recomputations, a slice at a time: whose turn it is, and what they may cost.  An
 * audit or a dispute (audit.c, dispute.c) is a recomputation of one range; it belongs
 * to the worker whose result is in question.
 *
 * A slice takes SLICE_US at most, by the measured speed; lines.c says whose turn it is.
 * What is charged to the budget and what is exempt (jobs with --audit all) take turns.
 *
 * What waits longer than that may be lent to trusted workers that have nothing else to
 * do.
 *
 * The budget is coord_config.audit_percent of one core; a second of it may be saved up.
 * Progress is not stored: after a restart a recomputation begins anew.
 */
#ifndef SERVER_CORE_SLICES_H
#define SERVER_CORE_SLICES_H

#include "server/core/state.h"

void slices_init(struct coord *c);
void slices_release(struct coord *c);

/*
 * Handles INPUT_RECOMPUTED: hits of a slice, and the CPU time that it took.  Returns
 * the recomputation if all of its hits are known now, which the caller removes; else
 * NULL. An unknown id is ignored.
 */
struct recomputation *slices_counted(struct coord *c, uint64_t id, uint64_t hits,
                                     uint64_t micros);

/* Hands slices out, as far as threads and the budget allow. */
void slices_run(struct coord *c);

/* ---- lending ---- */

/* Whether anything waits that a trusted worker may be granted. */
bool slices_may_lend(const struct coord *c);

/*
 * The next slice of an audit, x of r, for a trusted worker that may compute these kinds
 * to recompute; or NULL.  Also of a dispute, where picoord lacks the program.  Never of
 * its own results, and only where may() says so, which must not change anything. Its
 * hits come by slices_counted(), with no CPU time.  The pointer is valid until the next
 * call.
 */
const struct slice *
slices_lend(struct coord *c, const struct standing *to, uint64_t kinds,
            bool may(const struct recomputation *r, struct range x));

/* The worker will not return the slice: it waits again. */
void slices_lost(struct coord *c, uint64_t id);

/* Begins the recomputation anew, here if picoord can: nobody is excluded by the word of
 * a worker.  again: of a program, to see whether it gives the same. */
void slices_anew(struct coord *c, struct recomputation *r, bool again);

/* The slice cannot be counted here: it waits again.  NULL: it is not wanted any more.
 */
const struct job *slices_failed(struct coord *c, uint64_t id);

/* ---- time ---- */

/* When the budget allows the next slice, in ms; INT64_MAX: no timer needed. */
int64_t slices_deadline(const struct coord *c);

/* ---- questions ---- */

/* The worker that owes the most of what is charged to the budget; 0: none does. */
uint64_t slices_debtor(const struct coord *c);

/* Asserts what must be true of them, slowly.  For tests. */
void slices_check(const struct coord *c);

#endif
