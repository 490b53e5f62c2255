// SPDX-License-Identifier: MIT
/* The cells of a ledger against their definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wire/msg.h"
#include "server/core/cell.h"

static void cells_are_the_ranges_between_checkpoints(void **state)
{
    (void)state;
    size_t cell = 0;
    assert_int_equal(cell_first(0), 0);
    for (unsigned e = 16; e <= 56; e++)
        for (uint64_t m = 32; m < 64; m++) {
            uint64_t checkpoint = m << e;
            if (checkpoint >= TRIALS_MAX)
                continue;
            cell++;
            assert_int_equal(cell_first(cell), checkpoint);
            assert_int_equal(cell_of(checkpoint), cell);
            assert_int_equal(cell_of(checkpoint - 1), cell - 1);
        }
    assert_int_equal(cell + 1, CELLS_MAX);
    assert_int_equal(cell_first(1), UINT64_C(1) << 21);
    assert_int_equal(cell_of(TRIALS_MAX - 1), cell);
    assert_int_equal(cell_first(cell + 1), TRIALS_MAX);
}

static void no_multiple_of_a_lease_steps_over_a_checkpoint(void **state)
{
    (void)state;
    assert_int_equal(cell_lease_log2(0), 16);
    assert_int_equal(cell_lease_log2((1 << 21) - 1), 16);
    for (size_t cell = 1; cell < CELLS_MAX; cell++) {
        uint64_t first = cell_first(cell), last = cell_first(cell + 1) - 1;
        uint32_t log2 = cell_lease_log2(first);
        assert_int_equal(cell_lease_log2(last), log2);
        assert_true(log2 >= LEASE_LOG2_MIN && log2 <= LEASE_LOG2_MAX);
        /* The widest: the cell is one such lease. */
        assert_int_equal(first & ((UINT64_C(1) << log2) - 1), 0);
        assert_int_equal(last - first + 1, UINT64_C(1) << log2);
    }
}

static void slots_divide_their_cell(void **state)
{
    (void)state;
    for (size_t cell = 0; cell < CELLS_MAX; cell++) {
        uint64_t first = cell_first(cell), end = cell_first(cell + 1);
        uint64_t width = UINT64_C(1) << cell_slot_log2(first);
        assert_int_equal(cell_slot_log2(end - 1), cell_slot_log2(first));
        assert_int_equal(first % width, 0);
        assert_int_equal((end - first) % width, 0);
        assert_true(width >= 65536 && (end - first) / width <= 64);
        assert_true(width == 65536 || (end - first) / width == 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_the_ranges_between_checkpoints),
        cmocka_unit_test(no_multiple_of_a_lease_steps_over_a_checkpoint),
        cmocka_unit_test(slots_divide_their_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
