// SPDX-License-Identifier: MIT
/* How grants are cut into leases, and leases into pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/wire/lease.h"

static void a_lease_has_at_most_64_pieces_of_at_least_65536(void **state)
{
    (void)state;
    assert_int_equal(lease_piece(0), 65536);
    assert_int_equal(lease_piece(1), 65536);
    assert_int_equal(lease_piece(64 * 65536), 65536);
    assert_int_equal(lease_piece(64 * 65536 + 1), 131072);
    assert_int_equal(lease_piece(64 * 131072), 131072);
    assert_int_equal(lease_piece(UINT64_C(1) << 62), UINT64_C(1) << 56);
    assert_int_equal(lease_piece((UINT64_C(1) << 62) - 1), UINT64_C(1) << 56);
    assert_int_equal(lease_piece(UINT64_MAX), UINT64_C(1) << 58);
}

static void pieces_cover_the_lease_and_the_last_may_be_short(void **state)
{
    (void)state;
    assert_int_equal(lease_pieces(0), 0);
    assert_int_equal(lease_pieces(1), 1);
    assert_int_equal(lease_pieces(65536), 1);
    assert_int_equal(lease_pieces(65537), 2);
    assert_int_equal(lease_pieces(64 * 65536), 64);
    assert_int_equal(lease_pieces(64 * 65536 + 1), 33);
    assert_int_equal(lease_pieces(LEASE_TRIALS_MAX), 64);
    for (uint64_t count = 1; count < 300 * 65536; count += 40503) {
        uint64_t all = lease_pieces(count) * lease_piece(count);
        assert_true(all >= count && all - count < lease_piece(count));
    }
}

static void leases_cover_their_grant(void **state)
{
    (void)state;
    const uint64_t first = 3 * 65536 + 5, count = 4 * 65536;
    uint64_t at = first;
    uint32_t n = grant_leases(first, count, 16);
    assert_int_equal(n, 5);
    for (uint32_t i = 0; i < n; i++) {
        struct range r = grant_lease(first, count, 16, i);
        assert_int_equal(r.first, at);
        assert_true(i == 0 || r.first % 65536 == 0);
        at += r.count;
    }
    assert_int_equal(at, first + count);
    assert_int_equal(grant_leases(first, 0, 16), 0);
    assert_int_equal(grant_leases(0, UINT64_MAX, 16), UINT32_MAX);
    assert_int_equal(leases_mask(64), UINT64_MAX);
    assert_int_equal(leases_mask(5), 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_has_at_most_64_pieces_of_at_least_65536),
        cmocka_unit_test(pieces_cover_the_lease_and_the_last_may_be_short),
        cmocka_unit_test(leases_cover_their_grant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
