// SPDX-License-Identifier: MIT
/* The bump allocator: aligned, disjoint, bounded, and quiet after warm-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/arena.h"

static void memory_is_aligned_and_disjoint(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0);
    uint8_t *p[300];
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        p[i] = arena_alloc(&a, i);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < ARRAY_SIZE(p); i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal(p[i][k], i % 251);
    arena_release(&a);
}

static void a_limit_is_kept_to_the_byte(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 160);
    assert_non_null(arena_alloc(&a, 100)); /* 112 */
    assert_null(arena_alloc(&a, 49));
    assert_non_null(arena_alloc(&a, 48));
    assert_int_equal(a.used_bytes, 160);
    assert_null(arena_alloc(&a, 1));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 160));
    arena_release(&a);
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 15));
    assert_null(arena_array(&a, SIZE_MAX / 4, 8));
    assert_null(arena_array(&a, (size_t)1 << 33, (size_t)1 << 33));
    assert_non_null(arena_array(&a, 0, 8));
    arena_release(&a);
    arena_init(&a, 0);
    assert_null(arena_array(&a, (size_t)1 << 33, (size_t)1 << 33));
    arena_release(&a);
}

static void a_round_that_repeats_uses_the_same_memory(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0);
    void *first = NULL;
    for (int round = 0; round < 5; round++) {
        arena_reset(&a);
        void *p = arena_alloc(&a, 30000);
        for (int i = 0; i < 100; i++)
            arena_alloc(&a, 1000);
        if (round == 1)
            first = p;
        if (round > 1)
            assert_ptr_equal(p, first);
    }
    arena_release(&a);
}

/* A peer that sends every size must not leave a block of each behind. */
static void growing_sizes_do_not_pile_up(void **state)
{
    (void)state;
    struct arena a;
    const size_t limit = 1 << 20;
    arena_init(&a, limit);
    for (size_t size = 1000; size <= limit / 2; size += 1000) {
        arena_reset(&a);
        assert_non_null(arena_alloc(&a, size));
        assert_non_null(arena_alloc(&a, limit / 2 - 16));
    }
    arena_reset(&a);
    /* One block, from which the whole limit can be taken without another. */
    uint8_t *from = arena_alloc(&a, 16);
    for (size_t used = 16; used + 16 <= limit; used += 16)
        assert_ptr_equal((uint8_t *)arena_alloc(&a, 16), from + used);
    arena_release(&a);
}

static void printf_makes_strings(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 32);
    assert_string_equal(arena_printf(&a, "%d of %s", 7, "x"), "7 of x");
    assert_null(arena_printf(&a, "%s", "seventeen letters"));
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    arena_release(&a);
}

static void a_released_arena_can_be_used_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64);
    assert_non_null(arena_alloc(&a, 64));
    arena_release(&a);
    assert_non_null(arena_alloc(&a, 64));
    assert_null(arena_alloc(&a, 1));
    arena_release(&a);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_disjoint),
        cmocka_unit_test(a_limit_is_kept_to_the_byte),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(a_round_that_repeats_uses_the_same_memory),
        cmocka_unit_test(growing_sizes_do_not_pile_up),
        cmocka_unit_test(printf_makes_strings),
        cmocka_unit_test(a_released_arena_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
