// SPDX-License-Identifier: MIT
/*
 * The heap of deadlines against a plain array with linear search.
 */
#include "tests/lib/seeded.h"

#include "common/base/base.h"
#include "common/base/heap.h"

enum { ITEMS = 70, STEPS = 4000, SEEDS = 20 };

/* The least of those that are in the heap, by key and then by when it was set. */
static struct heap_item *naive_min(struct heap_item *items, const uint64_t *set_at)
{
    struct heap_item *least = NULL;
    for (size_t i = 0; i < ITEMS; i++) {
        struct heap_item *x = &items[i];
        if (x->place == 0)
            continue;
        if (!least || x->key < least->key ||
            (x->key == least->key && set_at[i] < set_at[least - items]))
            least = x;
    }
    return least;
}

static void the_least_item_is_that_of_a_plain_search(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng rng = seeded(seed);
        struct heap_item items[ITEMS] = {0};
        uint64_t set_at[ITEMS] = {0};
        bool in[ITEMS] = {false};
        size_t n = 0;
        struct heap h;
        heap_init(&h);
        for (step_now = 1; step_now <= STEPS; step_now++) {
            size_t i = (size_t)rng_below(&rng, ITEMS);
            if (rng_below(&rng, 3)) {
                heap_set(&h, &items[i], (int64_t)rng_below(&rng, 40) - 20);
                set_at[i] = step_now;
                n += !in[i];
                in[i] = true;
            } else {
                heap_remove(&h, &items[i]);
                n -= in[i];
                in[i] = false;
            }
            HOLDS(h.n == n);
            HOLDS((items[i].place != 0) == in[i]);
            HOLDS(heap_min(&h) == naive_min(items, set_at));
        }
        heap_release(&h);
    }
}

static void every_item_knows_its_place_below_an_earlier_one(void **state)
{
    (void)state;
    struct rng rng = seeded(77);
    struct heap_item items[ITEMS] = {0};
    struct heap h;
    heap_init(&h);
    for (step_now = 1; step_now <= STEPS; step_now++) {
        heap_set(&h, &items[rng_below(&rng, ITEMS)], (int64_t)rng_below(&rng, 1000));
        heap_remove(&h, &items[rng_below(&rng, ITEMS)]);
        for (size_t place = 1; place <= h.n; place++) {
            const struct heap_item *item = h.items[place - 1];
            HOLDS(item->place == place);
            HOLDS(place == 1 || h.items[place / 2 - 1]->key <= item->key);
        }
    }
    heap_release(&h);
}

static void equal_keys_come_out_in_the_order_in_which_they_were_set(void **state)
{
    (void)state;
    struct heap_item items[ITEMS] = {0};
    struct heap h;
    heap_init(&h);
    for (size_t i = 0; i < ITEMS; i++)
        heap_set(&h, &items[i], 5);
    heap_set(&h, &items[0], 5); /* set again, so it is now the last */
    for (size_t i = 1; i <= ITEMS; i++) {
        assert_ptr_equal(heap_min(&h), &items[i % ITEMS]);
        heap_remove(&h, heap_min(&h));
    }
    assert_null(heap_min(&h));
    heap_release(&h);
}

static void removing_what_is_in_no_heap_changes_nothing(void **state)
{
    (void)state;
    struct heap_item in = {0}, out = {0};
    struct heap h;
    heap_init(&h);
    heap_remove(&h, &out);
    heap_set(&h, &in, INT64_MIN);
    heap_remove(&h, &out);
    assert_ptr_equal(heap_min(&h), &in);
    heap_remove(&h, &in);
    heap_remove(&h, &in);
    assert_null(heap_min(&h));
    heap_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_item_is_that_of_a_plain_search),
        cmocka_unit_test(every_item_knows_its_place_below_an_earlier_one),
        cmocka_unit_test(equal_keys_come_out_in_the_order_in_which_they_were_set),
        cmocka_unit_test(removing_what_is_in_no_heap_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
