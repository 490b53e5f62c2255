// SPDX-License-Identifier: MIT
/*
 * Cells: the ranges between checkpoints, which are m * 2^e with 32 <= m < 64 and
 * e >= 16, so that each doubling of the trial index is cut into 32 whatever the job.
 * The first cell is [0, 2^21), and there are 1,313 below 2^62.  Pure functions.
 */
#ifndef SERVER_CORE_CELL_H
#define SERVER_CORE_CELL_H

#include <stddef.h>
#include <stdint.h>

size_t cell_of(uint64_t trial);   /* trial < 2^62 */
uint64_t cell_first(size_t cell); /* also of the cell after the last: 2^62 */

/* The widest power of two, as its logarithm, that a lease from `trial` on may be cut
 * to so that no multiple of it steps over a checkpoint. */
uint32_t cell_lease_log2(uint64_t trial);

#endif
