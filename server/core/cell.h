// SPDX-License-Identifier: MIT
/*
 * Cells: the ranges between checkpoints.  Checkpoints are m * 2^e with 32 <= m < 64 and
 * e >= 16, for every job: each doubling of the trial index is cut into 32 cells. The
 * first cell is [0, 2^21); there are 1,313 cells below 2^62.  Pure functions.
 */
#ifndef SERVER_CORE_CELL_H
#define SERVER_CORE_CELL_H

#include <stddef.h>
#include <stdint.h>

size_t cell_of(uint64_t trial);   /* trial < 2^62 */
uint64_t cell_first(size_t cell); /* also of the cell after the last: 2^62 */

/* The largest log2 of a lease size at `trial` such that no multiple of that size
 * crosses a checkpoint. */
uint32_t cell_lease_log2(uint64_t trial);

/* log2 of the width of the slots there: a cell is dealt in at most 64 of them, of 2^16
 * trials at least.  They begin at the multiples of their width. */
uint32_t cell_slot_log2(uint64_t trial);

#endif
