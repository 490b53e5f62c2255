// SPDX-License-Identifier: MIT
/*
 * The interval set against a plain list with linear search; and each case of adding and
 * cutting a range on its own.
 */
#include "tests/lib/seeded.h"

#include "common/base/base.h"
#include "common/base/span.h"

#define BASE (UINT64_C(1) << 61) /* far up, so that no length fits 32 bits */

enum { WIDTH = 6000, STEPS = 6000, SEEDS = 8 };

/* ---- the plain list ---- */

struct list {
    struct span at[WIDTH];
    size_t n;
};

static void list_remove(struct list *l, size_t i)
{
    l->at[i] = l->at[--l->n];
}

static size_t list_touching(const struct list *l, const struct span *x, bool left,
                            uint64_t bound)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct span *y = &l->at[i];
        if (y->tag == x->tag && (left ? y->end == x->first && y->first >= bound
                                      : y->first == x->end && y->end <= bound))
            return i;
    }
    return SIZE_MAX;
}

static struct span list_add(struct list *l, struct span x, uint64_t floor,
                            uint64_t ceiling)
{
    struct span whole = x;
    size_t i = list_touching(l, &x, true, floor);
    if (i != SIZE_MAX) {
        whole.first = l->at[i].first;
        whole.value += l->at[i].value;
        list_remove(l, i);
    }
    i = list_touching(l, &x, false, ceiling);
    if (i != SIZE_MAX) {
        whole.end = l->at[i].end;
        whole.value += l->at[i].value;
        list_remove(l, i);
    }
    return l->at[l->n++] = whole;
}

/* The one with the least end after the trial, or NULL. */
static const struct span *list_find(const struct list *l, uint64_t trial)
{
    const struct span *best = NULL;
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].end > trial && (!best || l->at[i].end < best->end))
            best = &l->at[i];
    return best;
}

static uint64_t list_overlap(const struct list *l, uint64_t first, uint64_t end)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < l->n; i++) {
        uint64_t a = l->at[i].first > first ? l->at[i].first : first;
        uint64_t b = l->at[i].end < end ? l->at[i].end : end;
        sum += a < b ? b - a : 0;
    }
    return sum;
}

static bool same(const struct span *a, const struct span *b)
{
    return a->first == b->first && a->end == b->end && a->tag == b->tag &&
           a->value == b->value;
}

/* Both hold the same spans, and the set gives them in order. */
static void compare(const struct span_set *s, const struct list *l)
{
    uint64_t from = 0, total = 0;
    size_t n = 0;
    for (struct span_at at = span_begin(); span_valid(s, at); at = span_next(s, at)) {
        const struct span *x = span_get(s, at), *y = list_find(l, x->first);
        HOLDS(y && same(x, y));
        HOLDS(x->first >= from && x->first < x->end);
        from = x->end;
        total += x->end - x->first;
        n++;
    }
    HOLDS(n == l->n && n == s->n && total == s->total);
    HOLDS(s->n_blocks <= n);
}

/* ---- random operations ---- */

static void step_add(struct span_set *s, struct list *l, struct rng *rng)
{
    uint64_t first = BASE + rng_below(rng, WIDTH), end = first + 1 + rng_below(rng, 3);
    if (list_overlap(l, first, end))
        return;
    struct span x = {first, end, rng_below(rng, 2), rng_below(rng, 2)};
    uint64_t floor = rng_below(rng, 2) ? 0 : first - rng_below(rng, 5);
    uint64_t ceiling = rng_below(rng, 2) ? UINT64_MAX : end + rng_below(rng, 5);
    struct span got = span_add(s, x, floor, ceiling);
    struct span want = list_add(l, x, floor, ceiling);
    HOLDS(same(&got, &want));
}

static void step_erase(struct span_set *s, struct list *l, struct rng *rng)
{
    uint64_t trial = BASE + rng_below(rng, WIDTH);
    const struct span *y = list_find(l, trial);
    struct span_at at;
    HOLDS(span_find(s, trial, &at) == (y != NULL));
    HOLDS(span_valid(s, at) == (y != NULL));
    if (!y)
        return;
    HOLDS(same(span_get(s, at), y));
    span_erase(s, at);
    list_remove(l, (size_t)(y - l->at));
}

static void step_cut(struct span_set *s, struct list *l, struct rng *rng)
{
    const struct span *y = list_find(l, BASE + rng_below(rng, WIDTH));
    if (!y || y->value)
        return;
    struct span whole = *y;
    uint64_t first = whole.first + rng_below(rng, whole.end - whole.first);
    uint64_t end = first + 1 + rng_below(rng, whole.end - first);
    span_cut(s, first, end);
    list_remove(l, (size_t)(y - l->at));
    if (whole.first < first)
        l->at[l->n++] = (struct span){whole.first, first, whole.tag, 0};
    if (end < whole.end)
        l->at[l->n++] = (struct span){end, whole.end, whole.tag, 0};
}

static void step_ask(const struct span_set *s, const struct list *l, struct rng *rng)
{
    uint64_t first = BASE + rng_below(rng, WIDTH), end = first + rng_below(rng, 300);
    HOLDS(span_overlap(s, first, end) == list_overlap(l, first, end));
    const struct span *x = span_of(s, first), *y = list_find(l, first);
    if (y && y->first > first)
        y = NULL;
    HOLDS(!x == !y && (!x || same(x, y)));
}

static void any_operations_leave_what_a_plain_list_holds(void **state)
{
    (void)state;
    static struct list l;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng rng = seeded(seed);
        struct span_set s = {0};
        l.n = 0;
        size_t most = 0;
        for (step_now = 1; step_now <= STEPS; step_now++) {
            /* First the set grows to several blocks, then it is eaten up. */
            bool grow = rng_below(&rng, 8) < (step_now < STEPS * 2 / 3 ? 6U : 1U);
            if (grow)
                step_add(&s, &l, &rng);
            else if (rng_below(&rng, 2))
                step_erase(&s, &l, &rng);
            else
                step_cut(&s, &l, &rng);
            step_ask(&s, &l, &rng);
            most = s.n_blocks > most ? s.n_blocks : most;
            if (step_now % 500 == 0)
                compare(&s, &l);
        }
        HOLDS(most > 4);
        span_release(&s);
    }
}

/* ---- one by one ---- */

static struct span add(struct span_set *s, uint64_t first, uint64_t end, uint64_t tag)
{
    return span_add(s, (struct span){first, end, tag, 1}, 0, UINT64_MAX);
}

static void expect(const struct span *x, uint64_t first, uint64_t end, uint64_t value)
{
    assert_int_equal(x->first, first);
    assert_int_equal(x->end, end);
    assert_int_equal(x->value, value);
}

static void ranges_of_one_tag_that_touch_become_one(void **state)
{
    (void)state;
    struct span_set s = {0};
    struct span x = add(&s, 10, 20, 7);
    expect(&x, 10, 20, 1);
    x = add(&s, 20, 30, 7); /* to the right of one */
    expect(&x, 10, 30, 2);
    x = add(&s, 5, 10, 7); /* to the left */
    expect(&x, 5, 30, 3);
    x = add(&s, 40, 50, 7); /* apart */
    expect(&x, 40, 50, 1);
    x = add(&s, 30, 40, 7); /* between two */
    expect(&x, 5, 50, 5);
    assert_int_equal(s.n, 1);
    x = add(&s, 50, 60, 8); /* of another tag */
    expect(&x, 50, 60, 1);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.total, 55);
    span_release(&s);
}

static void no_range_grows_over_the_floor_or_the_ceiling(void **state)
{
    (void)state;
    struct span_set s = {0};
    add(&s, 0, 10, 1);
    add(&s, 20, 30, 1);
    struct span x = span_add(&s, (struct span){10, 20, 1, 5}, 1, 29);
    expect(&x, 10, 20, 5); /* both neighbours reach beyond */
    assert_int_equal(s.n, 3);
    span_clear(&s);
    add(&s, 0, 10, 1);
    add(&s, 20, 30, 1);
    x = span_add(&s, (struct span){10, 20, 1, 5}, 0, 29);
    expect(&x, 0, 20, 6);
    span_clear(&s);
    add(&s, 0, 10, 1);
    add(&s, 20, 30, 1);
    x = span_add(&s, (struct span){10, 20, 1, 5}, 1, 30);
    expect(&x, 10, 30, 6);
    span_release(&s);
}

static void a_cut_leaves_what_lies_on_either_side(void **state)
{
    (void)state;
    static const struct {
        uint64_t first, end;
        size_t n;
        struct span left, right;
    } cases[] = {
        {10, 40, 0, {0}, {0}},
        {10, 15, 1, {15, 40, 7, 0}, {0}},
        {35, 40, 1, {10, 35, 7, 0}, {0}},
        {20, 21, 2, {10, 20, 7, 0}, {21, 40, 7, 0}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct span_set s = {0};
        span_add(&s, (struct span){10, 40, 7, 0}, 0, UINT64_MAX);
        span_cut(&s, cases[i].first, cases[i].end);
        assert_int_equal(s.n, cases[i].n);
        assert_int_equal(s.total, 30 - (cases[i].end - cases[i].first));
        struct span_at at = span_begin();
        if (cases[i].n > 0)
            assert_true(same(span_get(&s, at), &cases[i].left));
        if (cases[i].n > 1)
            assert_true(same(span_get(&s, span_next(&s, at)), &cases[i].right));
        span_release(&s);
    }
}

/* A split must keep the order wherever in the full block the new span goes. */
static void a_full_block_splits_at_any_place(void **state)
{
    (void)state;
    seeded(0);
    for (uint64_t place = 0; place <= SPAN_BLOCK; place++) {
        struct span_set s = {0};
        for (uint64_t i = 0; i < SPAN_BLOCK; i++)
            add(&s, 10 * i + 10, 10 * i + 15, i);
        assert_int_equal(s.n_blocks, 1);
        add(&s, 10 * place + 6, 10 * place + 8, 999);
        assert_int_equal(s.n_blocks, 2);
        assert_int_equal(s.n, SPAN_BLOCK + 1);
        uint64_t from = 0;
        for (struct span_at at = span_begin(); span_valid(&s, at);
             at = span_next(&s, at)) {
            assert_true(span_get(&s, at)->first >= from);
            from = span_get(&s, at)->end;
        }
        assert_int_equal(span_of(&s, 10 * place + 7)->tag, 999);
        span_release(&s);
    }
}

static void blocks_that_are_empty_go(void **state)
{
    (void)state;
    struct span_set s = {0};
    for (uint64_t i = 0; i < 1000; i++)
        add(&s, 10 * i, 10 * i + 5, i);
    assert_true(s.n_blocks >= 1000 / SPAN_BLOCK);
    for (uint64_t i = 0; i < 1000; i++) {
        struct span_at at;
        assert_true(span_find(&s, 10 * i, &at));
        span_erase(&s, at);
    }
    assert_int_equal(s.n_blocks, 0);
    assert_int_equal(s.total, 0);
    struct span_at at;
    assert_false(span_find(&s, 0, &at));
    assert_false(span_valid(&s, span_begin()));
    add(&s, 3, 4, 0);
    assert_int_equal(s.total, 1);
    span_clear(&s);
    assert_null(span_of(&s, 3));
    span_release(&s);
}

static void any_range_is_erased_at_a_stroke(void **state)
{
    (void)state;
    for (uint64_t first = 0; first < 1000; first += 37) {
        for (uint64_t last = first; last < 1000; last += 111) {
            struct span_set s = {0};
            for (uint64_t i = 0; i < 1000; i++)
                add(&s, 10 * i, 10 * i + 5, i);
            span_erase_range(&s, 10 * first, 10 * last + 5);
            assert_int_equal(s.n, 1000 - (last - first + 1));
            assert_int_equal(s.total, 5 * s.n);
            assert_int_equal(span_overlap(&s, 0, 10 * first), 5 * first);
            assert_int_equal(span_overlap(&s, 10 * first, 10 * last + 5), 0);
            assert_int_equal(span_overlap(&s, 10 * last + 5, 10000), 5 * (999 - last));
            add(&s, 10 * first, 10 * last + 5, 7);
            assert_int_equal(span_of(&s, 10 * last)->tag, 7);
            span_release(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_operations_leave_what_a_plain_list_holds),
        cmocka_unit_test(ranges_of_one_tag_that_touch_become_one),
        cmocka_unit_test(no_range_grows_over_the_floor_or_the_ceiling),
        cmocka_unit_test(a_cut_leaves_what_lies_on_either_side),
        cmocka_unit_test(a_full_block_splits_at_any_place),
        cmocka_unit_test(blocks_that_are_empty_go),
        cmocka_unit_test(any_range_is_erased_at_a_stroke),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
