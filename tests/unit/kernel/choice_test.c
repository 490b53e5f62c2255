// SPDX-License-Identifier: MIT
/*
 * Which variant is taken, by what can run: machines of three made-up variants, each of
 * them as it should be or lacking something.
 */
#include "common/kernel/kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum lack { LACKS_NOTHING, NOT_BUILT, NOT_USABLE, COUNTS_WRONG, LACKS };
enum { VARIANTS = 3 };

static const char *const called[VARIANTS] = {"wide", "broad", "plain"};

static uint64_t run_rightly(uint64_t seed, uint64_t first, uint64_t count)
{
    return kernel_scalar.run(seed, first, count);
}

static uint64_t run_wrongly(uint64_t seed, uint64_t first, uint64_t count)
{
    return kernel_scalar.run(seed, first, count) + 1;
}

/* On a real machine it would die of an instruction that it does not have. */
static uint64_t run_and_die(uint64_t seed, uint64_t first, uint64_t count)
{
    (void)seed, (void)first, (void)count;
    fail_msg("a variant that cannot run here was run");
    return 0;
}

static bool usable_here(void)
{
    return true;
}

static bool usable_elsewhere(void)
{
    return false;
}

static struct kernel variant_that(enum lack lack, const char *name)
{
    struct kernel k = {.name = name, .step = kernel_scalar.step, .run = run_rightly};
    switch (lack) {
    case NOT_BUILT:
        k.run = NULL;
        break;
    case NOT_USABLE:
        k.usable = usable_elsewhere;
        k.run = run_and_die;
        break;
    case COUNTS_WRONG:
        k.run = run_wrongly;
        break;
    case LACKS_NOTHING:
    case LACKS:
        k.usable = usable_here;
        break;
    }
    return k;
}

struct machine {
    struct kernel all[VARIANTS];
    const struct kernel *list[VARIANTS];
    const struct kernel *first; /* that can run */
};

static void machine_of(const enum lack lacks[VARIANTS], struct machine *ret)
{
    ret->first = NULL;
    for (size_t i = 0; i < VARIANTS; i++) {
        ret->all[i] = variant_that(lacks[i], called[i]);
        ret->list[i] = &ret->all[i];
        if (!ret->first && lacks[i] == LACKS_NOTHING)
            ret->first = ret->list[i];
    }
}

static void every_machine_takes_the_first_that_is_built_usable_and_right(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < LACKS * LACKS * LACKS; flags++) {
        const enum lack lacks[VARIANTS] = {flags % LACKS, flags / LACKS % LACKS,
                                           flags / LACKS / LACKS};
        struct machine m;
        machine_of(lacks, &m);
        const struct kernel *k = NULL;
        assert_int_equal(kernel_choose_among(m.list, VARIANTS, "auto", &k),
                         m.first ? 0 : -ENOTSUP);
        assert_ptr_equal(k, m.first);
        for (size_t i = 0; i < VARIANTS; i++) {
            bool can = lacks[i] == LACKS_NOTHING;
            k = NULL;
            assert_int_equal(kernel_choose_among(m.list, VARIANTS, called[i], &k),
                             can ? 0 : -ENOTSUP);
            assert_ptr_equal(k, can ? m.list[i] : NULL);
        }
    }
}

static void a_name_of_no_variant_is_unknown_everywhere(void **state)
{
    static const char *const names[] = {"", "Auto", "wid", "wider", "scalar"};
    (void)state;
    for (unsigned flags = 0; flags < LACKS; flags++) {
        const enum lack lacks[VARIANTS] = {flags, flags, flags};
        struct machine m;
        machine_of(lacks, &m);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            const struct kernel *k = NULL;
            assert_int_equal(kernel_choose_among(m.list, VARIANTS, names[i], &k),
                             -ENOENT);
            assert_null(k);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_machine_takes_the_first_that_is_built_usable_and_right),
        cmocka_unit_test(a_name_of_no_variant_is_unknown_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
