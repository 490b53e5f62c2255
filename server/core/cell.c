// SPDX-License-Identifier: MIT
#include "server/core/cell.h"

#include <assert.h>

#include "common/wire/msg.h"

enum {
    CELL_LOG2_MIN = 16,
    CELL_PER_DOUBLING = 32,
    CELL_FIRST_LOG2 = 21,
    CELL_SLOTS_LOG2 = 6
};

static uint32_t log2_floor(uint64_t x)
{
    return 63 - (uint32_t)__builtin_clzll(x);
}

size_t cell_of(uint64_t trial)
{
    assert(trial < TRIALS_MAX);
    if (trial >> CELL_FIRST_LOG2 == 0)
        return 0;
    uint32_t e = log2_floor(trial) - 5;
    return 1 + (size_t)(e - CELL_LOG2_MIN) * CELL_PER_DOUBLING +
           ((trial >> e) - CELL_PER_DOUBLING);
}

uint64_t cell_first(size_t cell)
{
    assert(cell <= CELLS_MAX);
    if (cell == 0)
        return 0;
    size_t e = (cell - 1) / CELL_PER_DOUBLING, m = (cell - 1) % CELL_PER_DOUBLING;
    return (m + CELL_PER_DOUBLING) << (e + CELL_LOG2_MIN);
}

uint32_t cell_lease_log2(uint64_t trial)
{
    return trial >> CELL_FIRST_LOG2 == 0 ? CELL_LOG2_MIN : log2_floor(trial) - 5;
}

uint32_t cell_slot_log2(uint64_t trial)
{
    uint32_t log2 = cell_lease_log2(trial);
    return log2 < CELL_LOG2_MIN + CELL_SLOTS_LOG2 ? CELL_LOG2_MIN
                                                  : log2 - CELL_SLOTS_LOG2;
}
