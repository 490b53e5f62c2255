// SPDX-License-Identifier: MIT
/*
 * The database on real files: records survive a round trip, and foreign or damaged
 * files are refused with a sentence and stay unchanged.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/lib/database_rig.h"

/* ---- in and out ---- */

static void expect_same_job(const struct job_record *found,
                            const struct job_record *wrote)
{
    assert_memory_equal(found->uid, wrote->uid, UID_BYTES);
    assert_memory_equal(found->request, wrote->request, UID_BYTES);
    assert_string_equal(found->name, wrote->name);
    assert_int_equal(found->state, wrote->state);
    assert_int_equal(found->rule, wrote->rule);
    assert_int_equal(found->audit, wrote->audit);
    assert_true(found->seed == wrote->seed);
    assert_true(found->trials == wrote->trials);
    assert_true(found->until_stderr == wrote->until_stderr);
    assert_int_equal(found->for_ms, wrote->for_ms);
    assert_int_equal(found->elapsed_ms, wrote->elapsed_ms);
    assert_int_equal(found->submitted_ms, wrote->submitted_ms);
    assert_int_equal(found->started_ms, wrote->started_ms);
    assert_int_equal(found->ended_ms, wrote->ended_ms);
    assert_int_equal(found->weight, wrote->weight);
    assert_true(found->frontier == wrote->frontier);
    assert_int_equal(found->computed_again, wrote->computed_again);
    assert_int_equal(found->exclusions, wrote->exclusions);
}

static void expect_same(const struct record *found, const struct record *wrote)
{
    assert_int_equal(found->type, wrote->type);
    assert_int_equal(found->job, wrote->job);
    switch (wrote->type) {
    case RECORD_JOB:
        expect_same_job(&found->job_, &wrote->job_);
        break;
    case RECORD_PROGRAM:
        assert_string_equal(found->program.name, wrote->program.name);
        assert_string_equal(found->program.arg, wrote->program.arg);
        assert_true(found->program.scale == wrote->program.scale);
        assert_int_equal(found->program.score, wrote->program.score);
        assert_int_equal(found->program.test_known, wrote->program.test_known);
        assert_true(found->program.test == wrote->program.test);
        break;
    case RECORD_BAN:
        assert_true(found->ban.worker == wrote->ban.worker);
        assert_string_equal(found->ban.reason, wrote->ban.reason);
        assert_int_equal(found->ban.revoke, wrote->ban.revoke);
        break;
    case RECORD_ROW:
        assert_memory_equal(&found->row, &wrote->row, 4 * sizeof(uint64_t));
        assert_int_equal(found->row.verified, wrote->row.verified);
        assert_int_equal(found->row.doubtful, wrote->row.doubtful);
        break;
    case RECORD_SHARE:
        assert_true(found->share.worker == wrote->share.worker);
        assert_true(found->share.trials == wrote->share.trials);
        assert_true(found->share.hits == wrote->share.hits);
        assert_string_equal(found->share.name, wrote->share.name);
        break;
    case RECORD_ANSWER:
        assert_memory_equal(&found->answer, &wrote->answer, sizeof(wrote->answer));
        break;
    case RECORD_STANDING:
        assert_memory_equal(&found->standing, &wrote->standing, 24);
        assert_int_equal(found->standing.trusted, wrote->standing.trusted);
        assert_string_equal(found->standing.program, wrote->standing.program);
        assert_string_equal(found->standing.excluded, wrote->standing.excluded);
        assert_memory_equal(&found->standing.job, &wrote->standing.job, 24);
        break;
    case RECORD_AUDIT:
        assert_memory_equal(&found->audit, &wrote->audit, 44);
        assert_int_equal(found->audit.whole, wrote->audit.whole);
        break;
    case RECORD_RM:
        break; /* the number alone */
    case RECORD_AUDITED:
    case RECORD_PARDON:
    case RECORD_CLEAR:
        fail();
    }
}

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
    for (size_t i = 0; i < n; i++)
        expect_same(&f.at[i], &r[i]);
}

/* A second record of a job says all of it anew. */
static void what_is_written_again_is_replaced(void **state)
{
    struct record r[FOUND_MAX];
    struct found f = {.n = 0};
    (void)state;
    write_example();
    struct database *d = opened();
    example(r);
    r[0].job_ = r[1].job_; /* all its other members are others */
    r[0].job_.elapsed_ms = 77;
    r[0].job_.ended_ms = 0;
    r[0].job_.frontier = 78;
    r[0].job_.computed_again = 79;
    r[0].job_.exclusions = 3;
    r[0].job_.seed = 80;
    memset(r[0].job_.uid, 0x11, UID_BYTES);
    memset(r[0].job_.request, 0x12, UID_BYTES);
    assert_int_equal(database_write(d, r, 1), 0);
    assert_int_equal(database_read(d, find, &f), 0);
    database_close(d);
    expect_same(&f.at[0], &r[0]);
    expect_same(&f.at[1], &r[1]);
}

static void a_removed_job_leaves_nothing_but_the_number(void **state)
{
    struct found f = {.n = 0};
    (void)state;
    write_example();
    struct database *d = opened();
    const struct record r[] = {{.type = RECORD_RM, .job = 1},
                               {.type = RECORD_RM, .job = 2},
                               {.type = RECORD_RM, .job = 1}};
    assert_int_equal(database_write(d, r, 3), 0);
    database_close(d);
    d = opened(); /* which checks the tables */
    assert_int_equal(database_read(d, find, &f), 0);
    database_close(d);
    assert_int_equal(f.n, 4);
    assert_int_equal(f.at[0].type, RECORD_BAN);
    assert_int_equal(f.at[1].type, RECORD_STANDING);
    assert_int_equal(f.at[2].type, RECORD_STANDING);
    expect_same(&f.at[3], &r[1]);
}

static off_t log_bytes(void)
{
    struct stat st;
    char log[PATH_SIZE + 8];
    snprintf(log, sizeof(log), "%s-wal", path);
    return stat(log, &st) < 0 ? -1 : st.st_size;
}

/* The log is copied into the file once it has so many pages, again and again. */
static void the_log_stays_short(void **state)
{
    enum { PAGES = 20, PAGE = 4096 + 24 };
    (void)state;
    write_example();
    struct database *d = opened();
    off_t most = 0;
    for (uint64_t i = 1; i <= 200; i++) {
        const struct record ban = {RECORD_BAN, 0, .ban = {100 + i, "why", false}};
        assert_int_equal(database_write(d, &ban, 1), 0);
        assert_int_equal(database_tidy(d, PAGES), 0);
        most = log_bytes() > most ? log_bytes() : most;
    }
    assert_in_range(most, PAGES * PAGE, 2 * PAGES * PAGE);
    database_close(d);
}

static void a_transaction_that_cannot_be_leaves_nothing_of_itself(void **state)
{
    struct found f = {.n = 0};
    (void)state;
    write_example();
    struct database *d = opened();
    const struct record r[] = {
        {RECORD_CLEAR, 1, .clear = {0, 1u << 21}},
        {RECORD_ROW, 1, .row = {1u << 21, 1, 1, 7, true, false}}, /* there is one */
    };
    assert_int_equal(database_write(d, r, 2), -EBADMSG);
    assert_false(database_may_retry(-EBADMSG));
    assert_int_not_equal(*database_why(d), '\0');
    assert_int_equal(database_read(d, find, &f), 0);
    assert_int_equal(f.n, 12);
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
        assert_int_equal(pragma(d, "user_version", text) & 0xff, 4);
        assert_int_equal(pragma(d, "application_id", text), 0x7069636f);
        database_close(d);
    }
}

static void a_second_one_on_the_file_is_told_so(void **state)
{
    struct database *d = opened(), *second = NULL;
    struct error why;
    (void)state;
    assert_int_equal(database_open(path, &second, &why), -EBUSY);
    assert_non_null(strstr(why.what, "is in use by another program"));
    database_close(d);
}

static void a_pardon_ends_a_ban(void **state)
{
    struct found f = {.n = 0};
    (void)state;
    write_example();
    struct database *d = opened();
    assert_int_equal(database_read(d, find, &f), 0);
    uint64_t banned = 0;
    for (size_t i = 0; i < f.n; i++)
        if (f.at[i].type == RECORD_BAN)
            banned = f.at[i].ban.worker;
    assert_true(banned);
    const struct record pardons[] = {{RECORD_PARDON, 0, .pardoned = banned},
                                     {RECORD_PARDON, 0, .pardoned = banned + 1}};
    assert_int_equal(database_write(d, pardons, 2), 0);
    database_close(d);
    size_t before = f.n;
    f.n = 0;
    d = opened();
    assert_int_equal(database_read(d, find, &f), 0);
    assert_int_equal(f.n, before - 1);
    for (size_t i = 0; i < f.n; i++)
        assert_int_not_equal(f.at[i].type, RECORD_BAN);
    database_close(d);
}

/* So is the second of a life, and it has what came in between. */
static void each_snapshot_is_a_whole_file(void **state)
{
    uint8_t *image[2];
    size_t bytes[2];
    (void)state;
    write_example();
    struct database *d = opened();
    for (uint64_t i = 0; i < 2; i++) {
        const struct record more = {RECORD_BAN, 0, .ban = {9 + i, "why", false}};
        assert_int_equal(database_write(d, &more, 1), 0); /* is in the log as yet */
        assert_int_equal(database_snapshot(d, &image[i], &bytes[i]), 0);
    }
    database_close(d);
    for (size_t i = 0; i < 2; i++) {
        struct found f = {.n = 0};
        new_path(NULL);
        FILE *out = fopen(path, "wb");
        assert_int_equal(fwrite(image[i], 1, bytes[i], out), bytes[i]);
        fclose(out);
        free(image[i]);
        d = opened();
        assert_int_equal(database_read(d, find, &f), 0);
        assert_int_equal(f.n, 13 + i);
        database_close(d);
    }
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
    execute("PRAGMA user_version = 5");
    expect_refused(-EPROTO, "is of version 5, this picoord knows version 4");
    execute("PRAGMA journal_mode = WAL; PRAGMA user_version = 6");
    expect_refused(-EPROTO, "is of version 6, this picoord knows version 4");
}

static void a_version_that_the_tables_belie_is_refused_and_left_alone(void **state)
{
    (void)state;
    write_example();
    static const char *const versions[] = {"PRAGMA user_version = 1",
                                           "PRAGMA user_version = 2",
                                           "PRAGMA user_version = 3"};
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        execute(versions[i]);
        expect_refused(-EBADMSG, "its tables are of a later version than it says");
    }
}

/* Whoever opens it has found out what is behind a link. */
static void a_path_with_a_link_is_refused(void **state)
{
    char file[PATH_SIZE], link[PATH_SIZE];
    (void)state;
    write_example();
    memcpy(file, path, sizeof(file));
    new_path(NULL);
    assert_int_equal(symlink(file, path), 0);
    expect_refused(-ELOOP, "is, or is behind, a symbolic link");
    new_path(NULL);
    memcpy(link, path, sizeof(link));
    assert_int_equal(symlink(scratch_folder, link), 0);
    snprintf(path, sizeof(path), "%.*s%s", PATH_SIZE / 2, link, strrchr(file, '/'));
    expect_refused(-ELOOP, "is, or is behind, a symbolic link");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_written_is_there_in_the_next_life, new_path),
        cmocka_unit_test_setup(what_is_written_again_is_replaced, new_path),
        cmocka_unit_test_setup(a_removed_job_leaves_nothing_but_the_number, new_path),
        cmocka_unit_test_setup(the_log_stays_short, new_path),
        cmocka_unit_test_setup(a_transaction_that_cannot_be_leaves_nothing_of_itself,
                               new_path),
        cmocka_unit_test_setup(the_file_is_held_alone_and_synced_in_full, new_path),
        cmocka_unit_test_setup(a_second_one_on_the_file_is_told_so, new_path),
        cmocka_unit_test_setup(a_pardon_ends_a_ban, new_path),
        cmocka_unit_test_setup(each_snapshot_is_a_whole_file, new_path),
        cmocka_unit_test_setup(other_files_are_refused_and_left_alone, new_path),
        cmocka_unit_test_setup(a_later_version_is_refused_and_left_alone, new_path),
        cmocka_unit_test_setup(
            a_version_that_the_tables_belie_is_refused_and_left_alone, new_path),
        cmocka_unit_test_setup(a_path_with_a_link_is_refused, new_path),
        cmocka_unit_test_setup(damage_anywhere_in_the_pages_is_refused, new_path),
        cmocka_unit_test_setup(an_empty_file_is_a_new_one, new_path),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
