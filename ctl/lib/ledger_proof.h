// SPDX-License-Identifier: MIT
/*
 * Checks a ledger without a coordinator: whether it adds up, which of its cells to
 * recompute, and what that proves.  Pure; borrows the ledger.
 */
#ifndef CTL_LIB_LEDGER_PROOF_H
#define CTL_LIB_LEDGER_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

enum { PROOF_TEXT = 256 };

/* Whether the cells are in order, disjoint, within the job, have no more hits than
 * trials, and add up to the job's totals.  If false, `why` is a sentence. */
MUST_USE bool proof_adds_up(const struct ledger_view *l, char why[PROOF_TEXT]);

/* Whether the whole cell is counted.  Only then can its hits be recomputed. */
bool proof_cell_complete(const struct ledger_view *l, size_t cell);

/* Draws k of the complete cells, or all if there are fewer.  All subsets of that size
 * are equally likely; the same seed gives the same subset.  Stores their indices in
 * ascending order in ret, which has room for l->n_cells, and returns how many. */
size_t proof_sample(const struct ledger_view *l, uint64_t seed, size_t k, size_t *ret);

/* With k cells drawn at random and all right, the fraction of wrong cells is below this
 * with 95 % confidence: 1 - 0.05^(1/k).  k >= 1. */
double proof_bound(size_t k);

/* The conclusion when k of n complete cells were checked and are right.  complete: the
 * job is done and all its cells are complete. */
const char *proof_sentence(char buf[PROOF_TEXT], size_t k, size_t n, bool complete);

#endif
