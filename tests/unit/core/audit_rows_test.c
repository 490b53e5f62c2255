// SPDX-License-Identifier: MIT
/*
 * Which row a passed audit verifies.  The core never counts a row again while its audit
 * is out; should it come to that, only the row's own audit may verify it.
 */
#include "server/core/audit.h"
#include "server/core/job.h"
#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "server/core/lines.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "tests/lib/coord_rig.h"

enum { WORKER = 7 };

/* A result of the worker, counted and to be recomputed whole. */
static void count(struct coord *c, struct job *j, uint64_t hits)
{
    struct record_list records = {0};
    size_t share = ledger_share(&j->ledger, WORKER, "w");
    ledger_count(&j->ledger, 1, 0, UNIT, hits, share, ROW_WHOLE);
    ledger_flush(&j->ledger, &records);
    ledger_durable(&j->ledger);
    audit_add(c, j, standing_of(c, WORKER),
              &(struct audit_record){
                  .count = UNIT, .hits = hits, .results = 1, .whole = true});
    free(records.items);
}

/* The oldest audit that is due has been recomputed. */
static void recomputed(struct coord *c, uint64_t hits)
{
    struct audit_record wrong;
    struct recomputation *r = lines_first(standing_of(c, WORKER), LINE_BUDGET);
    r->hits = hits;
    assert_true(audit_recomputed(c, r, &wrong));
}

static void only_its_own_audit_verifies_a_row(void **state)
{
    (void)state;
    const struct job_record record = {.trials = 10 * UNIT, .weight = 1};
    struct coord_config config = rig_config();
    struct record_list records = {0};
    struct tally gone = {0};
    struct coord *c = coord_new(&config);
    struct job *j = job_add(c, &record, NULL);
    count(c, j, 5);
    ledger_revoke(&j->ledger, WORKER, &records, &gone);
    assert_int_equal(gone.done, UNIT);
    count(c, j, 6);
    recomputed(c, 5);
    assert_int_equal(j->passed_rows.n, 0);
    recomputed(c, 6);
    assert_int_equal(j->passed_rows.n, 1);
    free(records.items);
    coord_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_own_audit_verifies_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
