// SPDX-License-Identifier: MIT
/* The history of an estimate, from ledgers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "server/core/cell.h"
#include "server/view/history.h"

/* A ledger of n cells, all complete, with a hit for every second trial. */
struct ledger {
    uint64_t first[CELLS_MAX], count[CELLS_MAX], done[CELLS_MAX], hits[CELLS_MAX];
    struct job_view job;
    struct ledger_view view;
};

static struct ledger ledger;

static void fill(size_t n, uint64_t job)
{
    ledger.job = (struct job_view){.number = job, .trials = TRIALS_MAX};
    for (size_t i = 0; i < n; i++) {
        ledger.first[i] = cell_first(i);
        ledger.count[i] = ledger.done[i] = cell_first(i + 1) - cell_first(i);
        ledger.hits[i] = ledger.count[i] / 2;
    }
    ledger.view = (struct ledger_view){.job = &ledger.job,
                                       .n_cells = n,
                                       .first = ledger.first,
                                       .count = ledger.count,
                                       .done = ledger.done,
                                       .hits = ledger.hits};
}

static void eight_points_to_a_doubling_and_room_for_all(void **state)
{
    struct history c = {0};
    (void)state;
    fill(CELLS_MAX, 1);
    assert_int_equal(history_update(&c, &ledger.view), 0);
    assert_true(c.n < HISTORY_POINTS);
    assert_int_equal(c.points[0].trials, UINT64_C(1) << 21);
    for (size_t i = 8; i < c.n; i++)
        assert_int_equal(c.points[i].trials, 2 * c.points[i - 8].trials);
    for (size_t i = 0; i < c.n; i++)
        assert_int_equal(c.points[i].hits, c.points[i].trials / 2);
    assert_int_equal(c.points[c.n - 1].trials, TRIALS_MAX);
}

static void only_the_complete_prefix_counts(void **state)
{
    struct history c = {0};
    (void)state;
    fill(64, 1);
    ledger.done[33]--;
    history_update(&c, &ledger.view);
    assert_int_equal(c.points[c.n - 1].trials, cell_first(33));
}

static void what_is_new_is_told_from_where_it_is(void **state)
{
    struct history c = {0};
    (void)state;
    fill(33, 1);
    history_update(&c, &ledger.view);
    size_t before = c.n;
    assert_int_equal(history_update(&c, &ledger.view), c.n); /* nothing new */
    fill(65, 1);
    assert_int_equal(history_update(&c, &ledger.view), before);
    assert_int_equal(c.n, before + 8);
}

static void a_revocation_or_another_job_begins_again(void **state)
{
    struct history c = {0};
    (void)state;
    fill(65, 1);
    history_update(&c, &ledger.view);
    ledger.done[10]--;
    assert_int_equal(history_update(&c, &ledger.view), 0);
    fill(65, 1);
    ledger.hits[40]++;
    history_update(&c, &ledger.view);
    fill(65, 2);
    assert_int_equal(history_update(&c, &ledger.view), 0);
    assert_int_equal(c.job, 2);
}

static void the_end_of_a_job_is_a_point(void **state)
{
    struct history c = {0};
    (void)state;
    fill(2, 1);
    ledger.count[1] = ledger.done[1] = 1000; /* the limit cuts the last cell */
    ledger.hits[1] = 500;
    ledger.job.trials = ledger.count[0] + 1000;
    history_update(&c, &ledger.view);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.points[1].trials, ledger.job.trials);
}

static void check_json(const struct history *c, size_t from, const char *expected)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    history_json(out, c, from);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void the_json_is_of_the_points_from_there(void **state)
{
    struct history c = {.job = 7, .n = 2, .points = {{100, 78}, {200, 157}}};
    struct history none = {0};
    (void)state;
    check_json(&c, 0,
               "{\"job\":\"j-7\",\"from\":0,\"points\":"
               "[[\"100\",\"78\"],[\"200\",\"157\"]]}");
    check_json(&c, 1, "{\"job\":\"j-7\",\"from\":1,\"points\":[[\"200\",\"157\"]]}");
    check_json(&none, 0, "{\"job\":\"\",\"from\":0,\"points\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_points_to_a_doubling_and_room_for_all),
        cmocka_unit_test(only_the_complete_prefix_counts),
        cmocka_unit_test(what_is_new_is_told_from_where_it_is),
        cmocka_unit_test(a_revocation_or_another_job_begins_again),
        cmocka_unit_test(the_end_of_a_job_is_a_point),
        cmocka_unit_test(the_json_is_of_the_points_from_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
