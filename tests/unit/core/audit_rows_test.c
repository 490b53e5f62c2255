// SPDX-License-Identifier: MIT
/*
 * Which row a passed audit verifies.  The core never counts a row again while its audit
 * is out; should it come to that, only the row's own audit may verify it.
 */
#include "server/core/audit.h"
#include "server/core/job.h"
#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "server/core/standing.h"
#include "tests/lib/coord_rig.h"

enum { WORKER = 7 };

/* A result of the worker, counted and to be recomputed whole; the id of its audit. */
static uint64_t count(struct coord *c, struct job *j, uint64_t hits)
{
    struct record_list records = {0};
    uint64_t id = c->audits.next_id;
    size_t share = ledger_share(&j->ledger, WORKER, "w");
    ledger_count(&j->ledger, 1, 0, UNIT, hits, share, ROW_WHOLE);
    ledger_flush(&j->ledger, &records);
    ledger_durable(&j->ledger);
    audit_add(c, j, standing_of(c, WORKER),
              &(struct audit_record){
                  .count = UNIT, .hits = hits, .results = 1, .whole = true});
    free(records.items);
    return id;
}

static void only_its_own_audit_verifies_a_row(void **state)
{
    (void)state;
    const struct job_record record = {.trials = 10 * UNIT, .weight = 1};
    struct coord_config config = rig_config();
    struct record_list records = {0};
    struct audit_record what;
    struct tally gone = {0};
    struct coord *c = coord_new(&config);
    struct job *j = job_add(c, &record);
    uint64_t earlier = count(c, j, 5);
    ledger_revoke(&j->ledger, WORKER, &records, &gone);
    assert_int_equal(gone.done, UNIT);
    uint64_t own = count(c, j, 6);
    audit_run(c);
    assert_int_equal(audit_recomputed(c, earlier, 5, 1, &what), AUDIT_PASSED);
    assert_int_equal(j->passed_rows.n, 0);
    assert_int_equal(audit_recomputed(c, own, 6, 1, &what), AUDIT_PASSED);
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
