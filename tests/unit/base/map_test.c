// SPDX-License-Identifier: MIT
/*
 * The map against an array indexed by the id.  Ids are scattered over 64 bits, and few,
 * so that they are put, replaced and removed again and again.
 */
#include "tests/lib/seeded.h"

#include "common/base/base.h"
#include "common/base/map.h"

enum { IDS = 300, STEPS = 6000, SEEDS = 20 };

/* All different; near and far, 0 and 2^64 - 1 among them. */
static uint64_t id_of(size_t i)
{
    return i % 2 ? i / 2 : UINT64_MAX - ((uint64_t)i << 32);
}

static void check_all(const struct map *m, char *const values[IDS])
{
    size_t n = 0;
    for (size_t i = 0; i < IDS; i++) {
        HOLDS(map_get(m, id_of(i)) == values[i]);
        n += values[i] != NULL;
    }
    HOLDS(m->n == n);
    HOLDS((m->capacity & (m->capacity - 1)) == 0 && m->n <= m->capacity);
}

static void a_map_holds_what_an_array_holds(void **state)
{
    (void)state;
    static char memory[STEPS + 1];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng rng = seeded(seed);
        char *values[IDS] = {NULL};
        struct map m;
        map_init(&m, &(struct sip_key){rng_next(&rng), seed});
        uint64_t live = 1 + rng_below(&rng, IDS - 1); /* few ids, or many */
        for (step_now = 1; step_now <= STEPS; step_now++) {
            size_t i = (size_t)rng_below(&rng, live);
            if (rng_below(&rng, 2)) {
                values[i] = &memory[step_now];
                map_put(&m, id_of(i), values[i]);
            } else {
                HOLDS(map_remove(&m, id_of(i)) == values[i]);
                values[i] = NULL;
            }
            HOLDS(map_get(&m, id_of(i)) == values[i]);
            if (step_now % 64 == 0)
                check_all(&m, values);
        }
        map_release(&m);
    }
}

static void removing_leaves_the_others_where_they_are_found(void **state)
{
    (void)state;
    static char memory[IDS];
    char *values[IDS] = {NULL};
    seeded(1);
    struct map m;
    map_init(&m, NULL);
    for (size_t i = 0; i < IDS; i++)
        map_put(&m, id_of(i), values[i] = &memory[i]);
    for (size_t i = 0; i < IDS; i++) {
        assert_ptr_equal(map_remove(&m, id_of(i)), &memory[i]);
        values[i] = NULL;
        check_all(&m, values);
    }
    map_release(&m);
}

static void an_empty_map_knows_nothing(void **state)
{
    (void)state;
    struct map m;
    map_init(&m, NULL);
    assert_null(map_get(&m, 1));
    assert_null(map_remove(&m, 1));
    map_put(&m, 1, &m);
    assert_ptr_equal(map_get(&m, 1), &m);
    map_release(&m);
    assert_null(map_get(&m, 1));
    map_release(&m);
}

/* Whoever knows an unkeyed map makes ids that share a slot; under a key they scatter.
 */
static void ids_made_to_collide_scatter_under_a_key(void **state)
{
    (void)state;
    enum { MADE = 400, SLOTS = 1024 };
    struct map plain, keyed;
    map_init(&plain, NULL);
    map_init(&keyed, &(struct sip_key){7, 11});
    size_t made = 0;
    for (uint64_t id = 1; made < MADE; id++) {
        if ((rng_mix(id) & (SLOTS - 1)) != 5)
            continue;
        map_put(&plain, id, &plain);
        map_put(&keyed, id, &keyed);
        made++;
    }
    assert_int_equal(map_longest_run(&plain), MADE);
    assert_in_range(map_longest_run(&keyed), 1, MADE / 4);
    map_release(&plain);
    map_release(&keyed);
}

/* Ids made to share a slot under one key do not share it under another. */
static void the_key_decides_where_an_id_goes(void **state)
{
    (void)state;
    struct map a, b;
    size_t differ = 0;
    map_init(&a, &(struct sip_key){1, 0});
    map_init(&b, &(struct sip_key){2, 0});
    for (uint64_t id = 1; id <= 8; id++) {
        map_put(&a, id, &a);
        map_put(&b, id, &b);
    }
    assert_int_equal(a.capacity, b.capacity);
    for (size_t i = 0; i < a.capacity; i++)
        differ += a.slots[i].id != b.slots[i].id;
    assert_true(differ > 0);
    map_release(&a);
    map_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_holds_what_an_array_holds),
        cmocka_unit_test(removing_leaves_the_others_where_they_are_found),
        cmocka_unit_test(an_empty_map_knows_nothing),
        cmocka_unit_test(the_key_decides_where_an_id_goes),
        cmocka_unit_test(ids_made_to_collide_scatter_under_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
