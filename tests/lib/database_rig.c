// SPDX-License-Identifier: MIT
#include "tests/lib/database_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

char path[PATH_SIZE];

int new_path(void **state)
{
    static int n;
    (void)state;
    snprintf(path, sizeof(path), "%s/%d.db", scratch_folder, n++);
    return 0;
}

struct database *opened(void)
{
    struct database *d = NULL;
    struct error why;
    int err = database_open(path, &d, &why);
    if (err < 0)
        fail_msg("%s", why.what);
    return d;
}

size_t example(struct record r[FOUND_MAX])
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
                                    .submitted_ms = INT64_C(1800000000001),
                                    .started_ms = INT64_C(1800000000002),
                                    .ended_ms = INT64_C(1800000000003),
                                    .weight = 1000,
                                    .frontier = TRIALS_MAX,
                                    .computed_again = 9,
                                    .exclusions = 2};
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
    r[n] = (struct record){
        RECORD_PROGRAM, 2,
        .program = {"buffon", "l=2", 0.1, true, .test_known = true, UINT64_MAX}};
    n++;
    r[n] = (struct record){.type = RECORD_BAN};
    r[n].ban = (struct ban_record){.worker = 1, .revoke = true};
    memset(r[n++].ban.reason, 'x', TEXT_BYTES);
    r[n++] = (struct record){
        RECORD_ROW, 1,
        .row = {0, 1u << 21, 1647099, 0, .verified = true, .doubtful = true}};
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
    r[n++] = (struct record){
        RECORD_STANDING, 0,
        .standing = {.worker = 9, .valid = 50, .passed = 12, .trusted = true}};
    r[n++] = (struct record){RECORD_STANDING, 0,
                             .standing = {UINT64_MAX, 5, 4, false, "buffon",
                                          "it was wrong", 2, 3 << 16, 1 << 16}};
    r[n++] = (struct record){RECORD_AUDIT, 1,
                             .audit = {3, 9, 1u << 16, 1u << 16, 51000, 2, true}};
    return n;
}

void write_example(void)
{
    struct record r[FOUND_MAX];
    struct database *d = opened();
    size_t n = example(r);
    assert_int_equal(database_write(d, r, n), 0);
    database_close(d);
}

void find(void *ctx, const struct record *r)
{
    struct found *f = ctx;
    assert_true(f->n < FOUND_MAX);
    f->at[f->n++] = *r;
}

void execute(const char *sql)
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

void expect_refused(int err, const char *words)
{
    struct database *d = NULL;
    struct error why;
    struct stat st;
    uint8_t *before, *after;
    char log[PATH_SIZE + 8];
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
