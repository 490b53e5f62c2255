// SPDX-License-Identifier: MIT
/*
 * Rings against a plain array: the members and their order.
 */
#include "tests/lib/seeded.h"

#include <string.h>

#include "common/base/base.h"
#include "common/base/ring.h"

enum { ITEMS = 9, STEPS = 2000, SEEDS = 10 };

struct item {
    int number;
    struct ring link;
};

static void expect_members(const struct ring *head, struct item *const *members,
                           size_t n)
{
    const struct ring *r = head->next, *last = head;
    for (size_t i = 0; i < n; i++, last = r, r = r->next) {
        assert_ptr_equal(r, &members[i]->link);
        assert_ptr_equal(r->previous, last);
    }
    assert_ptr_equal(r, head);
    assert_ptr_equal(head->previous, last);
    assert_int_equal(ring_is_alone(head), n == 0);
}

static void members_are_those_of_a_plain_array(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng rng = seeded(seed);
        struct item items[ITEMS], *members[ITEMS];
        struct ring head;
        size_t n = 0;
        ring_init(&head);
        for (int i = 0; i < ITEMS; i++)
            ring_init(&items[i].link);
        for (step_now = 1; step_now <= STEPS; step_now++) {
            struct item *item = &items[rng_below(&rng, ITEMS)];
            size_t at = 0;
            while (at < n && members[at] != item)
                at++;
            assert_int_equal(ring_is_alone(&item->link), at == n);
            if (at == n && rng_below(&rng, 2)) {
                ring_append(&head, &item->link);
                members[n++] = item;
            } else {
                ring_remove(&item->link); /* which may be in none */
                if (at < n)
                    memmove(&members[at], &members[at + 1],
                            (--n - at) * sizeof(struct item *));
            }
            expect_members(&head, members, n);
        }
    }
}

static void a_link_leads_to_its_item(void **state)
{
    (void)state;
    struct item item = {.number = 7};
    struct ring head;
    ring_init(&head);
    ring_append(&head, &item.link);
    assert_int_equal(container_of(head.next, struct item, link)->number, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_those_of_a_plain_array),
        cmocka_unit_test(a_link_leads_to_its_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
