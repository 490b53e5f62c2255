// SPDX-License-Identifier: MIT
/* A bound belongs to its bucket, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/base/histogram.h"

static void a_bound_belongs_to_its_bucket(void **state)
{
    struct histogram h = {0};
    (void)state;
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        assert_true(i == 0 || histogram_bounds_us[i - 1] < histogram_bounds_us[i]);
        histogram_add(&h, histogram_bounds_us[i]);
        histogram_add(&h, histogram_bounds_us[i] + 1);
        assert_int_equal(h.counts[i], i == 0 ? 1 : 2);
        assert_int_equal(h.counts[i + 1], 1);
    }
    histogram_add(&h, 0);
    assert_int_equal(h.counts[0], 2);
}

static void the_sum_is_exact(void **state)
{
    struct histogram h = {0};
    (void)state;
    histogram_add(&h, UINT64_C(1) << 60);
    histogram_add(&h, 3);
    assert_int_equal(h.sum_us, (UINT64_C(1) << 60) + 3);
    assert_int_equal(h.counts[HISTOGRAM_BOUNDS], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_belongs_to_its_bucket),
        cmocka_unit_test(the_sum_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
