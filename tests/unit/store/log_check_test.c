// SPDX-License-Identifier: MIT
/*
 * Logs on real files: a file opens beside its own log, and is refused beside another
 * one, which stays as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "tests/lib/database_rig.h"

#include "server/store/check.h"
#include "server/store/log_check.h"

enum { FILE_MAX = 1 << 20 };

struct content {
    uint8_t bytes[FILE_MAX];
    size_t n;
};

static const char *beside(const char *suffix)
{
    static char name[PATH_SIZE + 16];
    snprintf(name, sizeof(name), "%s%s", path, suffix);
    return name;
}

/* NULL: it is not there. */
static struct content *take(const char *suffix)
{
    FILE *in = fopen(beside(suffix), "rb");
    if (!in)
        return NULL;
    struct content *c = mem_zero(1, sizeof(*c));
    c->n = fread(c->bytes, 1, FILE_MAX, in);
    fclose(in);
    return c;
}

static void put(const char *suffix, const struct content *c)
{
    unlink(beside(suffix));
    if (!c)
        return;
    FILE *out = fopen(beside(suffix), "wb");
    assert_int_equal(fwrite(c->bytes, 1, c->n, out), c->n);
    fclose(out);
}

/* A life that is killed: its file, and its log with a ban in it. */
struct killed {
    struct content *file, *log, *backup;
};

static struct killed life(uint64_t worker)
{
    struct killed k;
    struct database *d = opened();
    const struct record ban = {RECORD_BAN, 0, .ban = {worker, "why", false}};
    uint8_t *image;
    k.backup = mem_zero(1, sizeof(*k.backup));
    assert_int_equal(database_snapshot(d, &image, &k.backup->n), 0);
    memcpy(k.backup->bytes, image, k.backup->n);
    free(image);
    assert_int_equal(database_write(d, &ban, 1), 0);
    k.file = take("");
    k.log = take("-wal");
    assert_non_null(k.log);
    database_close(d);
    put("", k.file);
    put("-wal", k.log);
    return k;
}

static void forget(struct killed *k)
{
    free(k->file);
    free(k->log);
    free(k->backup);
}

static void expect_bans(size_t n)
{
    struct found f = {.n = 0};
    struct database *d = opened();
    assert_int_equal(database_read(d, find, &f), 0);
    assert_int_equal(f.n, n);
    database_close(d);
}

/* By who starts and by who checks; and nothing is changed. */
static void expect_foreign(const char *suffix, const char *words)
{
    struct database *d = NULL;
    struct error why;
    struct content *file = take(""), *log = take(suffix), *now;
    assert_int_equal(database_open(path, &d, &why), -ESTALE);
    if (!strstr(why.what, words))
        fail_msg("'%s' does not say '%s'", why.what, words);
    assert_non_null(strstr(why.what, beside(suffix)));
    assert_int_not_equal(*why.hint, '\0');
    assert_int_equal(check_file(path), EXIT_LOCAL);
    now = take(suffix);
    assert_int_equal(now->n, log->n);
    assert_memory_equal(now->bytes, log->bytes, log->n);
    free(now);
    now = take("");
    assert_true((now == NULL) == (file == NULL));
    if (file) {
        assert_int_equal(now->n, file->n);
        assert_memory_equal(now->bytes, file->bytes, file->n);
    }
    free(now);
    free(file);
    free(log);
}

static void a_file_opens_beside_its_own_log(void **state)
{
    (void)state;
    struct killed k = life(1);
    assert_int_equal(check_file(path), 0);
    expect_bans(1);
    expect_bans(1);
    forget(&k);
}

static void a_log_without_its_file_is_refused(void **state)
{
    (void)state;
    struct killed k = life(1);
    put("", NULL);
    expect_foreign("-wal", "is missing, and its log is here");
    put("", &(struct content){.n = 0}); /* one that was made since is none */
    expect_foreign("-wal", "is missing, and its log is here");
    put("", k.file);
    expect_bans(1);
    forget(&k);
}

static void a_backup_beside_the_log_is_refused(void **state)
{
    (void)state;
    struct killed k = life(1);
    put("", k.backup);
    expect_foreign("-wal", "is the log of another file");
    put("-wal", NULL);
    expect_bans(0);
    forget(&k);
}

static void a_copy_of_an_earlier_life_beside_the_log_is_refused(void **state)
{
    (void)state;
    expect_bans(0);
    struct content *earlier = take("");
    struct killed k = life(1);
    put("", earlier);
    expect_foreign("-wal", "is the log of another file");
    put("-wal", NULL);
    expect_bans(0);
    free(earlier);
    forget(&k);
}

static void a_log_of_another_coordinator_is_refused(void **state)
{
    (void)state;
    struct killed one = life(1);
    new_path(NULL);
    struct killed other = life(2);
    put("-wal", one.log);
    expect_foreign("-wal", "is the log of another file");
    put("-wal", other.log);
    expect_bans(1);
    forget(&one);
    forget(&other);
}

/* Of a mark that differs in a single byte, whichever it is.  A power cut may have torn
 * a mark, so that another value may fit by chance; not all of them do. */
static void each_byte_of_the_mark_is_compared(void **state)
{
    struct error why;
    (void)state;
    struct killed k = life(1);
    struct content *other = mem_zero(1, sizeof(*other));
    put("-wal", k.log);
    for (size_t i = 0; i < 3; i++) {
        unsigned refused = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(other, k.file, sizeof(*other));
            other->bytes[60 + i] ^= (uint8_t)(1u << bit);
            put("", other);
            refused += log_check(path, &why) == -ESTALE;
        }
        assert_in_range(refused, 4, 8);
    }
    free(other);
    forget(&k);
}

/* Cut anywhere in its first transaction, or with a bit that has turned there, it holds
 * nothing; then it may stand beside any file. */
static void a_log_in_which_nothing_is_complete_is_none(void **state)
{
    enum { FIRST = 32 + 24 + 4096 }; /* it is at least a page */
    struct error why;
    (void)state;
    struct killed k = life(1);
    struct content *torn = mem_zero(1, sizeof(*torn));
    put("", k.backup);
    for (size_t at = 0; at < FIRST; at += 37)
        for (int turned = 0; turned < 2; turned++) {
            memcpy(torn, k.log, sizeof(*torn));
            torn->bytes[at] ^= 0x10;
            torn->n = turned ? torn->n : at;
            put("-wal", torn);
            assert_int_equal(log_check(path, &why), 0);
        }
    expect_bans(0);
    free(torn);
    forget(&k);
}

static const uint8_t journal_magic[8] = {0xd9, 0xd5, 0x05, 0xf9,
                                         0x20, 0xa1, 0x63, 0xd7};

static void put_word(uint8_t *to, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(x >> (24 - 8 * i));
}

/* The journal of the change that gives that file its log. */
static struct content *journal_of(const struct content *file)
{
    struct content *j = mem_zero(1, sizeof(*j));
    memcpy(j->bytes, journal_magic, sizeof(journal_magic));
    put_word(j->bytes + 8, 1);
    put_word(j->bytes + 16, (uint32_t)(file->n / 4096));
    put_word(j->bytes + 20, 512);
    put_word(j->bytes + 24, 4096);
    put_word(j->bytes + 512, 1);
    memcpy(j->bytes + 516, file->bytes, 4096);
    j->n = 516 + 4096 + 4;
    return j;
}

static void a_journal_of_another_file_is_refused(void **state)
{
    (void)state;
    struct error why;
    struct killed k = life(1);
    struct content *journal = journal_of(k.backup), *other = journal_of(k.backup);
    put("-wal", NULL);
    put("", k.backup);
    put("-journal", journal);
    assert_int_equal(log_check(path, &why), 0);
    put("", NULL);
    expect_foreign("-journal", "is missing, and its log is here");
    put("", k.backup);
    other->bytes[516 + 60] ^= 1; /* another mark */
    put("-journal", other);
    expect_foreign("-journal", "is the log of another file");
    *other = *journal;
    put_word(other->bytes + 16, 0); /* of a new file: it would be cut to nothing */
    put("-journal", other);
    expect_foreign("-journal", "is the log of another file");
    *other = *journal;
    other->bytes[0] = 0; /* it is over */
    put("-journal", other);
    assert_int_equal(log_check(path, &why), 0);
    put("-journal", NULL);
    free(journal);
    free(other);
    forget(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_opens_beside_its_own_log, new_path),
        cmocka_unit_test_setup(a_log_without_its_file_is_refused, new_path),
        cmocka_unit_test_setup(a_backup_beside_the_log_is_refused, new_path),
        cmocka_unit_test_setup(a_copy_of_an_earlier_life_beside_the_log_is_refused,
                               new_path),
        cmocka_unit_test_setup(a_log_of_another_coordinator_is_refused, new_path),
        cmocka_unit_test_setup(each_byte_of_the_mark_is_compared, new_path),
        cmocka_unit_test_setup(a_log_in_which_nothing_is_complete_is_none, new_path),
        cmocka_unit_test_setup(a_journal_of_another_file_is_refused, new_path),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
