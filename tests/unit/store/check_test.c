// SPDX-License-Identifier: MIT
/*
 * Inconsistent databases: the constraints of the tables reject such rows; and if one is
 * there nevertheless, --check finds it and no coordinator starts.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/database_rig.h"

#include "server/store/check.h"

static void the_tables_themselves_refuse_nonsense(void **state)
{
    static const char *const nonsense[] = {
        "UPDATE jobs SET state = 'finished'",
        "UPDATE jobs SET seed = '-1'",
        "UPDATE jobs SET seed = ''",
        "UPDATE jobs SET trials = 0",
        "UPDATE jobs SET trials = NULL WHERE number = 1",
        "UPDATE jobs SET weight = 1001",
        "UPDATE jobs SET uid = 'x'",
        "UPDATE jobs SET request = (SELECT request FROM jobs WHERE number = 2)",
        "UPDATE rows SET hits = count + 1",
        "UPDATE rows SET count = 0",
        "UPDATE rows SET count = 'many'",
        "UPDATE rows SET worker = 'ADA'",
        "UPDATE rows SET verified = 0 WHERE worker IS NULL",
        "UPDATE shares SET hits = trials + 1",
        "UPDATE answers SET hits = -1",
        "INSERT INTO answers SELECT 9, job, trials, hits, elapsed_ms FROM answers",
        "INSERT INTO bans VALUES ('00', 'x', 1)",
        "UPDATE jobs SET audit = 'some'",
        "UPDATE audits SET hits = count + 1",
        "UPDATE standings SET passed = -1",
        "UPDATE removed SET job = -1",
        "UPDATE rows SET verified = 0, doubtful = 1 WHERE worker IS NOT NULL",
        "UPDATE jobs SET exclusions = 4",
        "PRAGMA foreign_keys = ON; INSERT INTO rows VALUES (3, 0, 1, 1, NULL, 1, 0)",
    };
    sqlite3 *s;
    (void)state;
    write_example();
    assert_int_equal(sqlite3_open(path, &s), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++)
        if (sqlite3_exec(s, nonsense[i], NULL, NULL, NULL) != SQLITE_CONSTRAINT)
            fail_msg("accepted: %s", nonsense[i]);
    sqlite3_close(s);
}

struct planted {
    const char *sql, *sentence;
};

/* Each with all constraints out of the way. */
static const struct planted planted[] = {
    {"UPDATE jobs SET number = 4 WHERE number = 2",
     "after j-0 there are 2 jobs, but the last is j-4"},
    {"UPDATE removed SET job = 1; UPDATE jobs SET number = 3 WHERE number = 2",
     "after j-1 there are 1 jobs, but the last is j-3"},
    {"DELETE FROM removed", "the table removed has 0 rows, not one"},
    {"INSERT INTO removed VALUES (0)", "the table removed has 2 rows, not one"},
    {"INSERT INTO shares VALUES (9, '0000000000000007', 'x', 0, 0)",
     "the table shares speaks of j-9, which is not there"},
    {"UPDATE rows SET hits = count + 1 WHERE first = 0",
     "j-1: the row from 0 has 2097153 hits in 2097152 trials"},
    {"INSERT INTO rows VALUES (1, 5, 1, 1, '0000000000000007', 1, 0)",
     "j-1: trial 5 is counted twice"},
    {"UPDATE rows SET count = 131072 WHERE first > 0",
     "j-1: the row from 2097152 to 2228224 crosses a checkpoint"},
    {"INSERT INTO rows VALUES (2, 2097151, 2, 1, '0000000000000007', 1, 0)",
     "j-2: the row from 2097151 to 2097153 crosses a checkpoint"},
    {"INSERT INTO rows VALUES (2, 4611615649683210240, 70368744177665, 0, "
     "'0000000000000007', 1, 0)",
     "crosses a checkpoint"},
    {"UPDATE jobs SET trials = 2097153 WHERE number = 1",
     "j-1: a row from 2097152 steps over the end of the job"},
    {"UPDATE rows SET hits = hits - 1 WHERE first = 0",
     "j-1: rows have 1698098 hits in 2162688 trials, workers contributed 1698099 in "
     "2162688"},
    {"UPDATE shares SET worker = '0000000000000008' WHERE worker LIKE 'f%'",
     "j-1: worker ffffffffffffffff has rows of 51000 hits in 65536 trials, more than "
     "it "
     "contributed"},
    {"DELETE FROM rows WHERE first > 0",
     "j-1 is done with 2162688 trials, and its rows cover 2097152, 2097152 verified"},
    {"UPDATE rows SET verified = 0 WHERE first > 0",
     "j-1 is done with 2162688 trials, and its rows cover 2162688, 2097152 verified"},
    {"UPDATE answers SET hits = hits - 1",
     "j-1 is done, and its answer is not that of its rows: 1698099 hits in 2162688 "
     "trials"},
    {"DELETE FROM answers",
     "j-1 is done, and its answer is not that of its rows: 1698099 hits in 2162688 "
     "trials"},
    {"INSERT INTO rows VALUES (2, 0, 65536, 1, '0000000000000001', 1, 0)",
     "j-2: worker 0000000000000001 is excluded and its row from 0 still counts"},
};

struct heard {
    const char *sentence;
    bool yes;
};

static void hear(void *ctx, const char *sentence)
{
    struct heard *h = ctx;
    h->yes |= strstr(sentence, h->sentence) != NULL;
}

static void each_broken_promise_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(planted); i++) {
        struct heard h = {planted[i].sentence, false};
        char sql[400];
        sqlite3 *s;
        new_path(NULL);
        write_example();
        assert_int_equal(sqlite3_open(path, &s), SQLITE_OK);
        assert_int_equal(check_tables(s, hear, &h), 0);
        snprintf(sql, sizeof(sql), "PRAGMA ignore_check_constraints = ON; %s",
                 planted[i].sql);
        assert_int_equal(sqlite3_exec(s, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_true(check_tables(s, hear, &h) > 0);
        if (!h.yes)
            fail_msg("'%s' is not found: %s", planted[i].sql, planted[i].sentence);
        sqlite3_close(s);
        /* And no coordinator starts on it. */
        struct database *d = NULL;
        struct error why;
        assert_int_equal(database_open(path, &d, &why), -EBADMSG);
    }
}

static void a_broken_promise_keeps_the_file_as_it_is(void **state)
{
    (void)state;
    write_example();
    execute("UPDATE shares SET hits = hits - 1");
    expect_refused(-EBADMSG, "is damaged: j-1: rows have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_tables_themselves_refuse_nonsense, new_path),
        cmocka_unit_test_setup(each_broken_promise_is_found, new_path),
        cmocka_unit_test_setup(a_broken_promise_keeps_the_file_as_it_is, new_path),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
