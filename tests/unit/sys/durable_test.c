// SPDX-License-Identifier: MIT
/*
 * What survives a power cut, by the order of system calls: a file has its bytes on the
 * disk before it gets its name, and its name before anybody is told; a folder is there
 * before what is put into it.  tests/e2e/secrets-are-on-the-disk does the same with the
 * programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/output.h"
#include "common/sys/secure_file.h"
#include "tests/lib/scratch.h"

/* ---- a record of calls ---- */

static char calls[1024];
static int refused; /* an errno: fsync() fails with it */

/* The path below the scratch folder, with a draft's letters as X. */
static void record(const char *call, const char *path, long bytes)
{
    size_t used = strlen(calls), n = strlen(scratch_folder);
    const char *below = strncmp(path, scratch_folder, n) == 0 ? path + n : path;
    snprintf(calls + used, sizeof(calls) - used, "%s%s %s", used ? ", " : "", call,
             *below == '/' ? below + 1
             : *below      ? below
                           : ".");
    char *draft = strrchr(calls + used, '.');
    if (draft && draft[1] && strlen(draft) == 7)
        strcpy(draft, ".X");
    used = strlen(calls);
    if (bytes >= 0)
        snprintf(calls + used, sizeof(calls) - used, " of %ld", bytes);
}

/* In the place of the C library's. */
int fsync(int fd)
{
    char link[32], path[PATH_MAX] = "";
    struct stat st;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    assert_true(readlink(link, path, sizeof(path) - 1) > 0);
    assert_int_equal(fstat(fd, &st), 0);
    record("fsync", path, S_ISREG(st.st_mode) ? (long)st.st_size : -1);
    errno = refused;
    return refused ? -1 : 0;
}

int rename(const char *from, const char *to)
{
    record("rename", to, -1);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdir(const char *path, mode_t mode)
{
    record("mkdir", path, -1);
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

static void assert_called(const char *expected)
{
    assert_string_equal(calls, expected);
    *calls = '\0';
}

/* ---- tests ---- */

static struct error why;
static struct output made;

static void a_secret_is_on_the_disk_before_it_has_its_name(void **state)
{
    (void)state;
    assert_int_equal(secure_file_write(scratch("key"), "secret", 6, true, &why), 0);
    assert_called("fsync key.X of 6, rename key, fsync .");
    assert_int_equal(secure_file_write(scratch("key"), "other", 5, true, &why), 0);
    assert_called("fsync key.X of 5, rename key, fsync .");
    assert_int_equal(secure_file_write(scratch("key"), "passing", 7, false, &why), 0);
    assert_called("rename key");
}

static void so_is_what_a_user_names(void **state)
{
    (void)state;
    assert_int_equal(
        output_write(scratch("backup"), "bytes", 5, true, NULL, NULL, &made), 0);
    assert_called("fsync backup.X of 5, rename backup, fsync .");
    assert_int_equal(mkdir(scratch("folder"), 0700), 0);
    assert_int_equal(symlink("folder/real", scratch("link")), 0);
    *calls = '\0';
    assert_int_equal(output_write(scratch("link"), "more", 4, true, NULL, NULL, &made),
                     0);
    assert_called("fsync folder/real.X of 4, rename folder/real, fsync folder");
}

static void what_cannot_be_synced_gets_no_name(void **state)
{
    (void)state;
    refused = EIO;
    assert_int_equal(secure_file_write(scratch("key"), "secret", 6, true, &why), -EIO);
    assert_called("fsync key.X of 6");
    assert_int_equal(scratch_count(scratch_folder), 0);
    refused = EINVAL; /* a file system that has none */
    assert_int_equal(secure_file_write(scratch("key"), "secret", 6, true, &why), 0);
    assert_called("fsync key.X of 6, rename key, fsync .");
    refused = 0;
}

static void folders_are_there_before_what_is_put_into_them(void **state)
{
    (void)state;
    assert_int_equal(chdir(scratch_folder), 0);
    assert_int_equal(secure_dir("a/b", SECURE_MAKE_DURABLE, &why), 0);
    assert_called("mkdir a, fsync ., mkdir a/b, fsync a");
    assert_int_equal(secure_dir("a/b", SECURE_MAKE_DURABLE, &why), 0);
    assert_called("mkdir a, mkdir a/b"); /* they are there */
    assert_int_equal(secure_dir("c", SECURE_MAKE, &why), 0);
    assert_called("mkdir c");
    assert_int_equal(chdir("/"), 0);
}

static int forget(void **state)
{
    int err = scratch_make(state);
    *calls = '\0';
    return err;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, forget, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_is_on_the_disk_before_it_has_its_name),
        TEST(so_is_what_a_user_names),
        TEST(what_cannot_be_synced_gets_no_name),
        TEST(folders_are_there_before_what_is_put_into_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
