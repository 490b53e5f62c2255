// SPDX-License-Identifier: MIT
/* Files with secrets: owner, permissions, and atomic replacement. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys/secure_file.h"
#include "tests/lib/scratch.h"

static struct error why;

static int read_it(const char *path)
{
    char buf[16];
    size_t n;
    why = (struct error){.what = ""};
    return secure_file_read(path, buf, sizeof(buf), &n, &why);
}

static void assert_said(const char *format, const char *path)
{
    char expected[PATH_MAX + 128];
    snprintf(expected, sizeof(expected), format, path);
    assert_string_equal(why.what, expected);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    char buf[16];
    size_t n;
    const char *path = scratch("file");
    struct stat st;
    assert_int_equal(secure_file_write(path, "first", 5, true, &why), 0);
    assert_int_equal(secure_file_write(path, "second\0", 7, false, &why), 0);
    assert_int_equal(secure_file_read(path, buf, 7, &n, &why), 0);
    assert_int_equal(n, 7);
    assert_memory_equal(buf, "second\0", 7);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(scratch_count(scratch("")), 1); /* no draft is left */
}

static void a_link_in_its_place_is_replaced_not_followed(void **state)
{
    (void)state;
    struct stat st;
    const char *path = scratch("file"), *other = scratch("other");
    scratch_write(other, "keep", 0600);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(secure_file_write(path, "new", 3, false, &why), 0);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_size, 4);
}

static void a_failed_write_leaves_nothing(void **state)
{
    (void)state;
    const char *path = scratch("folder");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(secure_file_write(path, "x", 1, false, &why), -EISDIR);
    assert_said("cannot write %s: illegal operation on a directory", path);
    assert_int_equal(scratch_count(scratch("")), 1);
    path = scratch("none/file");
    assert_int_equal(secure_file_write(path, "x", 1, false, &why), -ENOENT);
}

static void a_file_that_is_not_there_is_told_from_others(void **state)
{
    (void)state;
    const char *path = scratch("none");
    assert_int_equal(read_it(path), -ENOENT);
    assert_said("cannot open %s: no such file or directory", path);
}

static void loose_modes_are_refused(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        const char *said;
    } loose[] = {
        {0644, "%s may be read by others (mode 0644)"},
        {0640, "%s may be read by others (mode 0640)"},
        {0604, "%s may be read by others (mode 0604)"},
        {0622, "%s may be used by others (mode 0622)"},
        {0601, "%s may be used by others (mode 0601)"},
    };
    const char *path = scratch("file");
    for (size_t i = 0; i < ARRAY_SIZE(loose); i++) {
        char hint[PATH_MAX];
        scratch_write(path, "secret", loose[i].mode);
        assert_int_equal(read_it(path), -EPERM);
        assert_said(loose[i].said, path);
        snprintf(hint, sizeof(hint), "chmod 600 %s", path);
        assert_string_equal(why.hint, hint);
    }
    for (mode_t mode = 0400; mode <= 0700; mode += 0100) {
        scratch_write(path, "secret", mode);
        assert_int_equal(read_it(path), 0);
        assert_int_equal(unlink(path), 0); /* 0400 is not written to, but by root */
    }
}

static void files_of_others_are_refused(void **state)
{
    (void)state;
    const char *path = scratch("file");
    scratch_write(path, "secret", 0600);
    if (chown(path, 12345, (gid_t)-1) < 0)
        skip(); /* needs root */
    assert_int_equal(read_it(path), -EPERM);
    assert_said("%s belongs to another user (uid 12345)", path);
    assert_int_equal(mkdir(scratch("folder"), 0700), 0);
    assert_int_equal(chown(scratch("folder"), 12345, (gid_t)-1), 0);
    assert_int_equal(secure_dir(scratch("folder"), SECURE_MAKE, &why), -EPERM);
    assert_said("%s belongs to another user (uid 12345)", scratch("folder"));
}

static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("link"), *fifo = scratch("fifo");
    scratch_write(scratch("file"), "secret", 0600);
    assert_int_equal(symlink(scratch("file"), path), 0);
    assert_int_equal(read_it(path), -ELOOP);
    assert_said("%s is a symbolic link", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(read_it(fifo), -EINVAL); /* and nothing hangs */
    assert_said("%s is no regular file", fifo);
    assert_int_equal(mkdir(scratch("folder"), 0700), 0);
    assert_int_equal(read_it(scratch("folder")), -EINVAL);
}

/* By a kubelet, Docker, podman: root's, behind links, of any mode that nobody else may
 * write to. */
static void a_mounted_secret_may_be_read_by_others(void **state)
{
    (void)state;
    const char *path = scratch("link"), *file = scratch("file");
    static const mode_t good[] = {0400, 0600}, exposed[] = {0440, 0444, 0640, 0644},
                        bad[] = {0620, 0602, 0666};
    char text[16];
    assert_int_equal(symlink("file", path), 0);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        scratch_write(file, "secret", good[i]);
        assert_int_equal(secure_file_read_given(path, text, sizeof(text), &why), 0);
        assert_string_equal(text, "secret");
        assert_int_equal(unlink(file), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(exposed); i++) {
        scratch_write(file, "secret", exposed[i]);
        assert_int_equal(secure_file_read_given(path, text, sizeof(text), &why), 1);
        assert_string_equal(text, "secret");
        assert_non_null(strstr(why.what, " may be read by others (mode 0"));
        assert_int_equal(unlink(file), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        scratch_write(file, "secret", bad[i]);
        assert_int_equal(secure_file_read_given(path, text, sizeof(text), &why),
                         -EPERM);
        assert_non_null(strstr(why.what, " may be written by others (mode 06"));
        assert_int_equal(unlink(file), 0);
    }
    assert_int_equal(secure_file_read_given(path, text, sizeof(text), &why), -ENOENT);
    scratch_write(file, "0123456789abcdef", 0644);
    assert_int_equal(secure_file_read_given(path, text, sizeof(text), &why), -EFBIG);
    assert_int_equal(secure_file_read_given(scratch_folder, text, sizeof(text), &why),
                     -EINVAL);
    if (chown(file, 12345, (gid_t)-1) < 0)
        return; /* needs root */
    assert_int_equal(secure_file_read_given(path, text, sizeof(text), &why), -EPERM);
    assert_said("%s belongs to another user (uid 12345)", path);
}

static void a_file_has_to_fit(void **state)
{
    (void)state;
    const char *path = scratch("file");
    char text[16];
    scratch_write(path, "0123456789abcdef", 0600);
    assert_int_equal(read_it(path), 0);
    assert_int_equal(secure_file_read_text(path, text, sizeof(text), &why), -EFBIG);
    assert_said("%s is longer than the 15 bytes that it may have", path);
    assert_int_equal(secure_file_write(path, "a\0b", 3, false, &why), 0);
    assert_int_equal(secure_file_read_text(path, text, sizeof(text), &why), -EINVAL);
    assert_said("%s is no text", path);
}

static void no_child_inherits_a_secret(void **state)
{
    (void)state;
    scratch_write(scratch("file"), "secret", 0600);
    int fd = secure_file_open(scratch("file"), O_RDONLY, &why);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}

static int open_descriptors(void)
{
    return scratch_count("/proc/self/fd");
}

static void nothing_stays_open(void **state)
{
    (void)state;
    char text[16];
    int before = open_descriptors();
    scratch_write(scratch("good"), "secret", 0600);
    scratch_write(scratch("loose"), "secret", 0666);
    scratch_write(scratch("long"), "0123456789abcdefg", 0600);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"good", "loose", "long", "none", "."};
        for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
            (void)!read_it(scratch(names[j]));
            (void)!secure_file_read_given(scratch(names[j]), text, sizeof(text), &why);
            (void)!secure_dir(scratch(names[j]), SECURE_MAKE, &why);
        }
        assert_int_equal(secure_file_write(scratch("new"), "x", 1, true, &why), 0);
        (void)!secure_file_write(scratch("none/new"), "x", 1, true, &why);
    }
    assert_int_equal(open_descriptors(), before);
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(secure_dir(scratch("a/b/c"), SECURE_IS_THERE, &why), -ENOENT);
    assert_int_equal(secure_dir(scratch("a/b/c"), SECURE_MAKE_DURABLE, &why), 0);
    assert_int_equal(secure_dir(scratch("a/b/c"), SECURE_MAKE, &why), 0);
    assert_int_equal(secure_dir(scratch("a/b/c"), SECURE_IS_THERE, &why), 0);
    assert_int_equal(stat(scratch("a/b"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(secure_dir(scratch("a/d/"), SECURE_MAKE, &why), 0);
}

static void loose_folders_links_and_files_are_no_place_for_secrets(void **state)
{
    (void)state;
    const char *path = scratch("folder"), *link = scratch("link");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(secure_dir(link, SECURE_MAKE, &why), -ELOOP);
    assert_said("%s is a symbolic link", link);
    assert_int_equal(chmod(path, 0750), 0);
    assert_int_equal(secure_dir(path, SECURE_MAKE, &why), -EPERM);
    assert_said("%s may be read by others (mode 0750)", path);
    assert_true(strncmp(why.hint, "chmod 700 /", 11) == 0);
    scratch_write(scratch("file"), "", 0600);
    assert_int_equal(secure_dir(scratch("file"), SECURE_MAKE, &why), -ENOTDIR);
}

static void assert_found(const char *path, enum secure_make make, const char *expected)
{
    char found[PATH_MAX], real[PATH_MAX];
    if (secure_dir_resolve(path, make, found, &why) < 0)
        fail_msg("%s", why.what);
    assert_non_null(realpath(expected, real));
    assert_string_equal(found, real);
}

static void assert_not_found(const char *path, int err, const char *said,
                             const char *of)
{
    char found[PATH_MAX];
    assert_int_equal(secure_dir_resolve(path, SECURE_MAKE_DURABLE, found, &why), err);
    assert_said(said, of);
    assert_non_null(why.hint);
}

static void a_folder_is_found_behind_links(void **state)
{
    (void)state;
    assert_found(scratch("real/state"), SECURE_MAKE, scratch("real/state"));
    assert_int_equal(symlink("real/state", scratch("last")), 0);
    assert_found(scratch("last"), SECURE_MAKE, scratch("real/state"));
    assert_found(scratch("last/"), SECURE_IS_THERE, scratch("real/state"));
    assert_int_equal(symlink(scratch("real"), scratch("middle")), 0);
    assert_found(scratch("middle/state"), SECURE_IS_THERE, scratch("real/state"));
    assert_int_equal(symlink("middle/../last", scratch("chain")), 0);
    assert_found(scratch("chain"), SECURE_MAKE, scratch("real/state"));
    assert_found(scratch("middle/a/b"), SECURE_MAKE_DURABLE, scratch("real/a/b"));
    assert_found(scratch("real/../middle/./a//b/"), SECURE_MAKE, scratch("real/a/b"));
}

static void links_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    const char *dangling = scratch("dangling"), *loop = scratch("loop");
    assert_int_equal(symlink("nothing", dangling), 0);
    assert_int_equal(symlink("loop", loop), 0);
    assert_not_found(dangling, -ENOENT, "%s is a symbolic link that leads nowhere",
                     dangling);
    assert_not_found(loop, -ELOOP, "%s is a symbolic link that leads nowhere", loop);
    const char *below = scratch("dangling/state");
    assert_not_found(below, -ENOENT,
                     "cannot make the folder %s: no such file or directory", below);
    below = scratch("loop/state");
    assert_not_found(below, -ELOOP,
                     "cannot make the folder %s: too many symbolic links encountered",
                     below);
    char found[PATH_MAX];
    const char *none = scratch("none");
    assert_int_equal(secure_dir_resolve(none, SECURE_IS_THERE, found, &why), -ENOENT);
    assert_said("cannot open %s: no such file or directory", none);
    assert_int_equal(scratch_count(scratch_folder), 2); /* nothing was made */
}

static void what_is_behind_a_link_has_to_be_ours_alone(void **state)
{
    (void)state;
    const char *real = scratch("real"), *link = scratch("link"),
               *file = scratch("file");
    scratch_write(file, "", 0600);
    assert_int_equal(symlink("file", scratch("to-a-file")), 0);
    assert_not_found(scratch("to-a-file"), -ENOTDIR, "cannot open %s: not a directory",
                     file);
    assert_int_equal(mkdir(real, 0700), 0);
    assert_int_equal(symlink("real", link), 0);
    assert_int_equal(chmod(real, 0750), 0);
    assert_not_found(link, -EPERM, "%s may be read by others (mode 0750)", real);
    assert_int_equal(chmod(real, 0711), 0);
    assert_not_found(link, -EPERM, "%s may be used by others (mode 0711)", real);
    assert_int_equal(chmod(real, 0700), 0);
    if (chown(real, 12345, (gid_t)-1) == 0) {
        assert_not_found(link, -EPERM, "%s belongs to another user (uid 12345)", real);
    } else { /* that needs root, whose own folder will do */
        char found[PATH_MAX];
        assert_int_equal(symlink("/", scratch("roots")), 0);
        assert_int_equal(secure_dir_resolve(scratch("roots"), SECURE_MAKE, found, &why),
                         -EPERM);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read),
        TEST(a_link_in_its_place_is_replaced_not_followed),
        TEST(a_failed_write_leaves_nothing),
        TEST(a_file_that_is_not_there_is_told_from_others),
        TEST(loose_modes_are_refused),
        TEST(files_of_others_are_refused),
        TEST(what_is_no_plain_file_is_refused),
        TEST(a_mounted_secret_may_be_read_by_others),
        TEST(a_file_has_to_fit),
        TEST(no_child_inherits_a_secret),
        TEST(nothing_stays_open),
        TEST(folders_are_made_with_their_parents),
        TEST(loose_folders_links_and_files_are_no_place_for_secrets),
        TEST(a_folder_is_found_behind_links),
        TEST(links_that_lead_nowhere_are_refused),
        TEST(what_is_behind_a_link_has_to_be_ours_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
