// SPDX-License-Identifier: MIT
/*
 * The database on real files: what goes in comes out, foreign and damaged files are
 * left alone with a sentence, and --check finds what is planted.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "server/check.h"
#include "server/database.h"

enum { PATH = 128, FOUND_MAX = 64 };

static char folder[] = "/tmp/picoord-database-XXXXXX";
static char path[PATH];

/* ---- helpers ---- */

static int new_path(void **state)
{
    static int n;
    (void)state;
    snprintf(path, sizeof(path), "%s/%d.db", folder, n++);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[PATH];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static struct database *opened(void)
{
    struct database *d = NULL;
    struct complaint why;
    int err = database_open(path, &d, &why);
    if (err < 0)
        fail_msg("%s", why.what);
    return d;
}

/* Of a job that is done: two workers, two rows, one of them settled. */
static size_t example(struct record r[FOUND_MAX])
{
    size_t n = 0;
    memset(r, 0, FOUND_MAX * sizeof(*r));
    r[n] = (struct record){.type = RECORD_JOB, .job = 1};
    r[n].job_ = (struct job_record){.state = JOB_DONE,
                                    .rule = STOP_STDERR,
                                    .seed = UINT64_MAX,
                                    .trials = (1u << 21) + (1u << 16),
                                    .until_stderr = 1e-3,
                                    .for_ms = 17,
                                    .elapsed_ms = 1234,
                                    .weight = 1000,
                                    .frontier = TRIALS_MAX,
                                    .computed_again = 9};
    memset(r[n].job_.uid, 0xfe, UID_BYTES);
    memset(r[n].job_.request, 0x01, UID_BYTES);
    strcpy(r[n++].job_.name, "a-name.of_32-characters-exactly_");
    r[n] = (struct record){.type = RECORD_JOB, .job = 2};
    r[n].job_ = (struct job_record){.state = JOB_QUEUED,
                                    .rule = STOP_TIME,
                                    .audit = AUDIT_ALL,
                                    .for_ms = 5,
                                    .weight = 1};
    r[n++].job_.uid[15] = 1;
    r[n] = (struct record){.type = RECORD_BAN};
    r[n].ban = (struct ban_record){.worker = 1, .revoke = true};
    memset(r[n++].ban.reason, 'x', TEXT_BYTES);
    r[n++] = (struct record){RECORD_ROW, 1,
                             .row = {0, 1u << 21, 1647099, 0, .verified = true}};
    r[n++] = (struct record){
        RECORD_ROW, 1,
        .row = {1u << 21, 1u << 16, 51000, UINT64_MAX, .verified = true}};
    r[n] = (struct record){RECORD_SHARE, 1, .share = {7, 1u << 21, 1647099, "ada"}};
    n++;
    r[n] =
        (struct record){RECORD_SHARE, 1, .share = {UINT64_MAX, 1u << 16, 51000, "bob"}};
    n++;
    r[n++] = (struct record){
        RECORD_ANSWER, 1, .answer = {(1u << 21) + (1u << 16), 1647099 + 51000, 1234}};
    r[n++] = (struct record){RECORD_STANDING, 0, .standing = {9, 50, 12, true}};
    r[n++] = (struct record){RECORD_AUDIT, 1,
                             .audit = {3, 9, 1u << 16, 1u << 16, 51000, 2, true}};
    return n;
}

static void write_example(void)
{
    struct record r[FOUND_MAX];
    struct database *d = opened();
    size_t n = example(r);
    assert_int_equal(database_write(d, r, n), 0);
    database_close(d);
}

struct found {
    struct record at[FOUND_MAX];
    size_t n;
};

static void find(void *ctx, const struct record *r)
{
    struct found *f = ctx;
    assert_true(f->n < FOUND_MAX);
    f->at[f->n++] = *r;
}

static void execute(const char *sql)
{
    sqlite3 *s;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &s), SQLITE_OK);
    if (sqlite3_exec(s, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(s);
}

static size_t contents(uint8_t **ret)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    *ret = mem_zero(1 << 20, 1);
    size_t n = fread(*ret, 1, 1 << 20, in);
    fclose(in);
    return n;
}

/* It is refused with these words, and neither it nor its folder has changed. */
static void expect_refused(int err, const char *words)
{
    struct database *d = NULL;
    struct complaint why;
    struct stat st;
    uint8_t *before, *after;
    char log[PATH + 8];
    size_t n = contents(&before);
    assert_int_equal(database_open(path, &d, &why), err);
    assert_null(d);
    if (!strstr(why.what, words))
        fail_msg("'%s' does not say '%s'", why.what, words);
    assert_non_null(strstr(why.what, path));
    assert_int_not_equal(*why.hint, '\0');
    assert_int_equal(contents(&after), n);
    assert_memory_equal(before, after, n);
    snprintf(log, sizeof(log), "%s-journal", path);
    assert_int_equal(stat(log, &st), -1);
    free(before);
    free(after);
}

/* ---- in and out ---- */

static void what_is_written_is_there_in_the_next_life(void **state)
{
    struct record r[FOUND_MAX];
    struct found f = {.n = 0};
    (void)state;
    size_t n = example(r);
    write_example();
    struct database *d = opened();
    assert_int_equal(database_read(d, find, &f), 0);
    database_close(d);
    assert_int_equal(f.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(f.at[i].type, r[i].type);
        assert_int_equal(f.at[i].job, r[i].job);
        switch (r[i].type) {
        case RECORD_JOB:
            assert_memory_equal(f.at[i].job_.uid, r[i].job_.uid, UID_BYTES);
            assert_memory_equal(f.at[i].job_.request, r[i].job_.request, UID_BYTES);
            assert_string_equal(f.at[i].job_.name, r[i].job_.name);
            assert_int_equal(f.at[i].job_.state, r[i].job_.state);
            assert_int_equal(f.at[i].job_.rule, r[i].job_.rule);
            assert_int_equal(f.at[i].job_.audit, r[i].job_.audit);
            assert_true(f.at[i].job_.seed == r[i].job_.seed);
            assert_true(f.at[i].job_.trials == r[i].job_.trials);
            assert_true(f.at[i].job_.until_stderr == r[i].job_.until_stderr);
            assert_int_equal(f.at[i].job_.for_ms, r[i].job_.for_ms);
            assert_int_equal(f.at[i].job_.elapsed_ms, r[i].job_.elapsed_ms);
            assert_int_equal(f.at[i].job_.weight, r[i].job_.weight);
            assert_true(f.at[i].job_.frontier == r[i].job_.frontier);
            assert_int_equal(f.at[i].job_.computed_again, r[i].job_.computed_again);
            break;
        case RECORD_BAN:
            assert_true(f.at[i].ban.worker == r[i].ban.worker);
            assert_string_equal(f.at[i].ban.reason, r[i].ban.reason);
            assert_int_equal(f.at[i].ban.revoke, r[i].ban.revoke);
            break;
        case RECORD_ROW:
            assert_memory_equal(&f.at[i].row, &r[i].row, 4 * sizeof(uint64_t));
            assert_int_equal(f.at[i].row.verified, r[i].row.verified);
            break;
        case RECORD_SHARE:
            assert_true(f.at[i].share.worker == r[i].share.worker);
            assert_true(f.at[i].share.trials == r[i].share.trials);
            assert_true(f.at[i].share.hits == r[i].share.hits);
            assert_string_equal(f.at[i].share.name, r[i].share.name);
            break;
        case RECORD_ANSWER:
            assert_memory_equal(&f.at[i].answer, &r[i].answer, sizeof(r[i].answer));
            break;
        case RECORD_STANDING:
            assert_memory_equal(&f.at[i].standing, &r[i].standing, 24);
            assert_int_equal(f.at[i].standing.trusted, r[i].standing.trusted);
            break;
        case RECORD_AUDIT:
            assert_memory_equal(&f.at[i].audit, &r[i].audit, 44);
            assert_int_equal(f.at[i].audit.whole, r[i].audit.whole);
            break;
        case RECORD_AUDITED:
        case RECORD_CLEAR:
            fail();
        }
    }
}

static void a_transaction_that_cannot_be_leaves_nothing_of_itself(void **state)
{
    struct found f = {.n = 0};
    (void)state;
    write_example();
    struct database *d = opened();
    const struct record r[] = {
        {RECORD_CLEAR, 1, .clear = {0, 1u << 21}},
        {RECORD_ROW, 1, .row = {1u << 21, 1, 1, 7, true}}, /* there is one */
    };
    assert_int_equal(database_write(d, r, 2), -EBADMSG);
    assert_false(database_may_retry(-EBADMSG));
    assert_int_not_equal(*database_why(d), '\0');
    assert_int_equal(database_read(d, find, &f), 0);
    assert_int_equal(f.n, 10);
    database_close(d);
}

static int64_t pragma(struct database *d, const char *name, char ret[32])
{
    sqlite3_stmt *s;
    char text[64];
    snprintf(text, sizeof(text), "PRAGMA %s", name);
    sqlite3_prepare_v2(database_handle(d), text, -1, &s, NULL);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(s, 0);
    snprintf(ret, 32, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return number;
}

static void the_file_is_held_alone_and_synced_in_full(void **state)
{
    char text[32];
    (void)state;
    for (int life = 0; life < 2; life++) {
        struct database *d = opened();
        assert_int_equal(pragma(d, "synchronous", text), 2);
        pragma(d, "journal_mode", text);
        assert_string_equal(text, "wal");
        pragma(d, "locking_mode", text);
        assert_string_equal(text, "exclusive");
        assert_int_equal(pragma(d, "trusted_schema", text), 0);
        assert_int_equal(pragma(d, "cell_size_check", text), 1);
        assert_int_equal(pragma(d, "user_version", text), 2);
        assert_int_equal(pragma(d, "application_id", text), 0x7069636f);
        database_close(d);
    }
}

static void a_second_one_on_the_file_is_told_so(void **state)
{
    struct database *d = opened(), *second = NULL;
    struct complaint why;
    (void)state;
    assert_int_equal(database_open(path, &second, &why), -EBUSY);
    assert_non_null(strstr(why.what, "is in use by another program"));
    database_close(d);
}

static void a_snapshot_is_a_whole_file(void **state)
{
    struct found f = {.n = 0};
    uint8_t *image;
    size_t bytes;
    (void)state;
    write_example();
    struct database *d = opened();
    const struct record more = {RECORD_BAN, 0, .ban = {9, "why", false}};
    assert_int_equal(database_write(d, &more, 1), 0); /* is in the log as yet */
    assert_int_equal(database_snapshot(d, &image, &bytes), 0);
    database_close(d);
    new_path(NULL);
    FILE *out = fopen(path, "wb");
    assert_int_equal(fwrite(image, 1, bytes, out), bytes);
    fclose(out);
    free(image);
    d = opened();
    assert_int_equal(database_read(d, find, &f), 0);
    assert_int_equal(f.n, 11);
    database_close(d);
}

/* ---- what is not ours ---- */

static void other_files_are_refused_and_left_alone(void **state)
{
    (void)state;
    FILE *out = fopen(path, "w");
    fputs("these are my notes", out);
    fclose(out);
    expect_refused(-EPROTO, "is no state of picoord; it was left as it is");
    new_path(NULL);
    execute("CREATE TABLE mine (a)");
    expect_refused(-EPROTO, "is no state of picoord; it was left as it is");
    new_path(NULL);
    execute("PRAGMA application_id = 7; CREATE TABLE mine (a)");
    expect_refused(-EPROTO, "is no state of picoord");
}

static void a_later_version_is_refused_and_left_alone(void **state)
{
    (void)state;
    write_example();
    execute("PRAGMA user_version = 3");
    expect_refused(-EPROTO, "is of version 3, this picoord knows version 2");
    execute("PRAGMA journal_mode = WAL; PRAGMA user_version = 4");
    expect_refused(-EPROTO, "is of version 4, this picoord knows version 2");
}

static void a_version_that_the_tables_belie_is_refused_and_left_alone(void **state)
{
    (void)state;
    write_example();
    execute("PRAGMA user_version = 1");
    expect_refused(-EBADMSG, "its tables are of a later version than it says");
}

static void damage_anywhere_in_the_pages_is_refused(void **state)
{
    (void)state;
    write_example();
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    FILE *f = fopen(path, "r+b");
    for (long page = 1; page < st.st_size / 4096; page++) {
        fseek(f, page * 4096, SEEK_SET);
        fputs("\xff\xff\xff\xff\xff\xff\xff\xff", f);
    }
    fclose(f);
    expect_refused(-EBADMSG, "is damaged");
    assert_int_equal(truncate(path, 6000), 0);
    expect_refused(-EBADMSG, "is damaged");
}

static void an_empty_file_is_a_new_one(void **state)
{
    struct found f = {.n = 0};
    (void)state;
    fclose(fopen(path, "w"));
    struct database *d = opened();
    assert_int_equal(database_read(d, find, &f), 0);
    assert_int_equal(f.n, 0);
    database_close(d);
}

/* ---- what cannot be ---- */

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
        "PRAGMA foreign_keys = ON; INSERT INTO rows VALUES (3, 0, 1, 1, NULL, 1)",
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
     "there are 2 jobs, but the last is j-4"},
    {"INSERT INTO shares VALUES (9, '0000000000000007', 'x', 0, 0)",
     "the table shares speaks of j-9, which is not there"},
    {"UPDATE rows SET hits = count + 1 WHERE first = 0",
     "j-1: the row from 0 has 2097153 hits in 2097152 trials"},
    {"INSERT INTO rows VALUES (1, 5, 1, 1, '0000000000000007', 1)",
     "j-1: trial 5 is counted twice"},
    {"UPDATE rows SET count = 131072 WHERE first > 0",
     "j-1: the row from 2097152 to 2228224 crosses a checkpoint"},
    {"INSERT INTO rows VALUES (2, 2097151, 2, 1, '0000000000000007', 1)",
     "j-2: the row from 2097151 to 2097153 crosses a checkpoint"},
    {"INSERT INTO rows VALUES (2, 4611615649683210240, 70368744177665, 0, "
     "'0000000000000007', 1)",
     "crosses a checkpoint"},
    {"INSERT INTO rows VALUES (2, 65536, 65536, 1, NULL, 1)",
     "j-2: the row from 65536 to 131072 has no author and is no whole cell"},
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
    {"INSERT INTO answers VALUES (0, 1, 2097152, 5, 1)",
     "j-1: an earlier answer said 5 hits in 2097152 trials, the rows say 1647099"},
    {"INSERT INTO rows VALUES (2, 0, 65536, 1, '0000000000000001', 1)",
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
        struct complaint why;
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
        cmocka_unit_test_setup(what_is_written_is_there_in_the_next_life, new_path),
        cmocka_unit_test_setup(a_transaction_that_cannot_be_leaves_nothing_of_itself,
                               new_path),
        cmocka_unit_test_setup(the_file_is_held_alone_and_synced_in_full, new_path),
        cmocka_unit_test_setup(a_second_one_on_the_file_is_told_so, new_path),
        cmocka_unit_test_setup(a_snapshot_is_a_whole_file, new_path),
        cmocka_unit_test_setup(other_files_are_refused_and_left_alone, new_path),
        cmocka_unit_test_setup(a_later_version_is_refused_and_left_alone, new_path),
        cmocka_unit_test_setup(
            a_version_that_the_tables_belie_is_refused_and_left_alone, new_path),
        cmocka_unit_test_setup(damage_anywhere_in_the_pages_is_refused, new_path),
        cmocka_unit_test_setup(an_empty_file_is_a_new_one, new_path),
        cmocka_unit_test_setup(the_tables_themselves_refuse_nonsense, new_path),
        cmocka_unit_test_setup(each_broken_promise_is_found, new_path),
        cmocka_unit_test_setup(a_broken_promise_keeps_the_file_as_it_is, new_path),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
