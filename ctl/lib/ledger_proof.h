// SPDX-License-Identifier: MIT
/*
 * What can be said about a ledger without a coordinator: whether it adds up, which of
 * its cells to recompute, and what that would prove.  Pure; borrows the ledger.
 */
#ifndef CTL_LIB_LEDGER_PROOF_H
#define CTL_LIB_LEDGER_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

enum { PROOF_TEXT = 256 };

/* True: cells are in order, disjoint, inside the job, have no more hits than trials,
 * and add up to the job's totals.  False: `why` is a sentence. */
MUST_USE bool proof_adds_up(const struct ledger_view *l, char why[PROOF_TEXT]);

/* Whether all of the cell is counted: only then its hits can be computed again. */
bool proof_cell_complete(const struct ledger_view *l, size_t cell);

/* Draws up to k of the complete cells, each subset of that size as likely as any other,
 * the same for the same seed; their numbers in ascending order into ret, which has room
 * for l->n_cells.  Returns how many: fewer than k only if there are no more. */
size_t proof_sample(const struct ledger_view *l, uint64_t seed, size_t k, size_t *ret);

/* The share of wrong cells that k cells drawn at random, all found right, exclude with
 * 95 % confidence: 1 - 0.05^(1/k).  k >= 1. */
double proof_bound(size_t k);

/* The sentence for k of n complete cells found right; complete: the job is done and has
 * no others. */
const char *proof_sentence(char buf[PROOF_TEXT], size_t k, size_t n, bool complete);

#endif
