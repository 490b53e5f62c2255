// SPDX-License-Identifier: MIT
/*
 * Files are written whole or not at all; pipes, links and devices are never replaced.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/sys/output.h"
#include "tests/lib/scratch.h"

static struct output made;

static int put(const char *file, const char *text)
{
    return output_write(file, text, strlen(text), true, NULL, NULL, &made);
}

static void assert_holds(const char *path, const char *text)
{
    char buf[64] = "";
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
    close(fd);
    assert_string_equal(buf, text);
}

static bool is(const char *path, mode_t type)
{
    struct stat st;
    return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static void a_file_is_replaced_as_a_whole(void **state)
{
    (void)state;
    struct stat st;
    const char *path = scratch("file");
    scratch_write(path, "what was there", 0644);
    int old = open(path, O_RDONLY);
    assert_int_equal(put(path, "new"), 0);
    assert_true(made.made && !made.standard);
    assert_holds(path, "new");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fstat(old, &st), 0);
    assert_int_equal(st.st_nlink, 0); /* whoever reads the old one reads all of it */
    close(old);
    assert_int_equal(scratch_count(scratch("")), 1); /* no draft is left */
    assert_int_equal(put(scratch("none/file"), "new"), -ENOENT);
    assert_int_equal(put(scratch(""), "new"), -EISDIR);
    assert_int_equal(mkdir(scratch("folder"), 0700), 0);
    assert_int_equal(output_replace(scratch("folder"), "new", 3, true, &made), -EISDIR);
    assert_int_equal(scratch_count(scratch("")), 2); /* nor then */
}

static void a_link_stays_and_what_it_points_to_is_replaced(void **state)
{
    (void)state;
    const char *link = scratch("link"), *chain = scratch("chain"),
               *real = scratch("folder/real"), *dangling = scratch("dangling");
    assert_int_equal(mkdir(scratch("folder"), 0700), 0);
    scratch_write(real, "old", 0600);
    assert_int_equal(symlink("folder/real", link), 0);
    assert_int_equal(symlink(link, chain), 0);
    assert_int_equal(put(chain, "new"), 0);
    assert_true(is(chain, S_IFLNK) && is(link, S_IFLNK));
    assert_holds(real, "new");
    assert_int_equal(scratch_count(scratch("folder")), 1);

    assert_int_equal(symlink("folder/other", dangling), 0);
    assert_int_equal(put(dangling, "first"), 0);
    assert_true(is(dangling, S_IFLNK));
    assert_holds(scratch("folder/other"), "first");
    output_withdraw(&made);
    assert_true(is(dangling, S_IFLNK));
    assert_int_equal(scratch_count(scratch("folder")), 1);

    char name[16] = "file", next[16]; /* as many as the kernel follows */
    for (int i = 0; i < 39; i++, strcpy(name, next)) {
        snprintf(next, sizeof(next), "l%d", i);
        assert_int_equal(symlink(name, scratch(next)), 0);
    }
    assert_int_equal(put(scratch(name), "far"), 0);
    assert_holds(scratch("file"), "far");

    assert_int_equal(symlink("round", scratch("round")), 0);
    assert_int_equal(put(scratch("round"), "new"), -ELOOP);
}

/* Files that are made within one tick of the kernel's coarse clock are born at once. On
 * a virtual machine a tick may come late: then a file is born at the finer time that
 * was last given to one, which is ahead of it. */
static void await_tick(void)
{
    struct timespec before, now;
    clock_gettime(CLOCK_REALTIME, &before);
    do
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    while (now.tv_sec < before.tv_sec ||
           (now.tv_sec == before.tv_sec && now.tv_nsec <= before.tv_nsec));
}

static void only_the_own_file_is_withdrawn(void **state)
{
    (void)state;
    const char *path = scratch("file");
    assert_int_equal(put(path, "mine"), 0);
    output_withdraw(&made);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(put(path, "mine"), 0);
    struct output first = made;
    assert_int_equal(put(path, "mine"), 0);
    await_tick(); /* it may get the number of the first, and the time */
    scratch_write(scratch("other"), "theirs", 0600);
    assert_int_equal(rename(scratch("other"), path), 0);
    output_withdraw(&made);
    output_withdraw(&first);
    assert_holds(path, "theirs");
    /* A pipe in its place is not opened: that would wait for a reader. */
    assert_int_equal(put(path, "mine"), 0);
    assert_int_equal(unlink(path), 0);
    await_tick();
    assert_int_equal(mkfifo(path, 0600), 0);
    output_withdraw(&made);
    assert_true(is(path, S_IFIFO));
    assert_int_equal(unlink(path), 0);
    /* A file system may give the number of one that is gone to the next. */
    for (int i = 0; i < 16; i++) {
        assert_int_equal(put(path, "mine"), 0);
        assert_int_equal(unlink(path), 0);
        await_tick();
        scratch_write(path, "theirs", 0600);
        output_withdraw(&made);
        assert_holds(path, "theirs");
    }
}

static void a_pipe_is_written_into(void **state)
{
    (void)state;
    char buf[16] = "";
    const char *path = scratch("pipe"), *link = scratch("link");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(symlink("pipe", link), 0);
    assert_int_equal(put(path, "text"), -ENXIO); /* nobody reads it */
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_int_equal(put(path, "text"), 0);
    assert_false(made.made);
    output_withdraw(&made);
    assert_int_equal(put(link, "more"), 0);
    assert_int_equal(read(reader, buf, sizeof(buf)), 8);
    assert_string_equal(buf, "textmore");
    assert_true(is(path, S_IFIFO) && is(link, S_IFLNK));

    int writer = open(path, O_WRONLY | O_NONBLOCK);
    char page[PIPE_BUF] = "";
    while (write(writer, page, sizeof(page)) > 0)
        ;
    assert_int_equal(put(path, "text"), -EAGAIN); /* it is full */
    close(writer);
    close(reader);
    assert_int_equal(scratch_count(scratch("")), 2);
}

static void *read_slowly(void *path)
{
    static char got[1 << 18];
    size_t n = 0;
    ssize_t more;
    int fd = open(path, O_RDONLY);
    while ((more = read(fd, got + n, 1000)) > 0)
        n += (size_t)more;
    close(fd);
    return (void *)(n == sizeof(got) && got[0] == 'a' && got[n - 1] == 'z' ? got
                                                                           : NULL);
}

static bool for_ever(void *ctx)
{
    (void)ctx;
    return true;
}

static void a_reader_may_come_late_and_be_slow(void **state)
{
    (void)state;
    static char bytes[1 << 18] = "a";
    char path[PATH_MAX];
    pthread_t reader;
    void *right;
    bytes[sizeof(bytes) - 1] = 'z';
    snprintf(path, sizeof(path), "%s", scratch("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, path), 0);
    assert_int_equal(
        output_write(path, bytes, sizeof(bytes), true, for_ever, NULL, &made), 0);
    pthread_join(reader, &right);
    assert_non_null(right);
}

static bool a_few_times(void *left)
{
    return --*(int *)left > 0;
}

static void the_wait_for_a_reader_can_be_given_up(void **state)
{
    (void)state;
    static const char many[1 << 18];
    const char *path = scratch("pipe");
    int left = 3;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(output_write(path, "text", 4, true, a_few_times, &left, &made),
                     -EINTR);
    assert_int_equal(left, 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK); /* it never reads */
    left = 3;
    assert_int_equal(
        output_write(path, many, sizeof(many), true, a_few_times, &left, &made),
        -EINTR);
    assert_int_equal(left, 0);
    close(reader);
}

static void a_device_is_written_into(void **state)
{
    (void)state;
    const char *link = scratch("link");
    assert_int_equal(put("/dev/null", "text"), 0);
    assert_false(made.made || made.standard);
    assert_int_equal(put("/dev/full", "text"), -ENOSPC);
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_int_equal(put(link, "text"), 0);
    assert_true(is("/dev/null", S_IFCHR) && is("/dev/full", S_IFCHR));
    assert_true(is(link, S_IFLNK));
}

/* Standard output is `fd` while the test writes to `file`. */
static int put_with_stdout(int fd, const char *file, const char *text)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    int err = put(file, text);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    return err;
}

static void standard_output_has_several_names(void **state)
{
    (void)state;
    char buf[32] = "";
    int pipe_[2];
    const char *path = scratch("file");
    assert_int_equal(pipe(pipe_), 0);
    assert_int_equal(put_with_stdout(pipe_[1], "-", "one"), 0);
    assert_true(made.standard && !made.made);
    assert_int_equal(put_with_stdout(pipe_[1], "/dev/stdout", "two"), 0);
    assert_true(made.standard);
    assert_int_equal(put_with_stdout(pipe_[1], "/proc/self/fd/1", "three"), 0);
    assert_int_equal(read(pipe_[0], buf, sizeof(buf)), 11);
    assert_string_equal(buf, "onetwothree");
    close(pipe_[0]);
    assert_int_equal(put_with_stdout(pipe_[1], "-", "one"), -EPIPE);
    assert_true(made.standard);
    close(pipe_[1]);

    scratch_write(path, "before ", 0600);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(put_with_stdout(fd, "/dev/stdout", "after"), 0);
    close(fd);
    assert_holds(path, "before after");
    assert_int_equal(scratch_count(scratch("")), 1);
}

static void what_has_no_name_any_more_is_written_into(void **state)
{
    (void)state;
    char shown[32], buf[8] = "";
    int fd = open(scratch("file"), O_RDWR | O_CREAT, 0600);
    unlink(scratch("file"));
    snprintf(shown, sizeof(shown), "/proc/self/fd/%d", fd);
    assert_int_equal(put(shown, "text"), 0);
    assert_int_equal(pread(fd, buf, sizeof(buf), 0), 4);
    assert_string_equal(buf, "text");
    close(fd);
    assert_int_equal(scratch_count(scratch("")), 0);
}

/* Only root can play the other one. */
static void traps_in_a_folder_of_all_are_refused(void **state)
{
    (void)state;
    enum { SOMEBODY = 65534 };
    const char *link = scratch("all/link"), *fifo = scratch("all/pipe"),
               *mine = scratch("mine");
    if (geteuid() != 0)
        skip();
    scratch_write(mine, "mine", 0600);
    assert_int_equal(mkdir(scratch("all"), 0700), 0);
    assert_int_equal(chmod(scratch("all"), 01777), 0);
    assert_int_equal(symlink(mine, link), 0);
    assert_int_equal(mkfifo(fifo, 0666), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_int_equal(put(link, "new"), 0);
    assert_int_equal(put(fifo, "new"), 0);
    assert_int_equal(lchown(link, SOMEBODY, SOMEBODY), 0);
    assert_int_equal(chown(fifo, SOMEBODY, SOMEBODY), 0);
    assert_int_equal(put(link, "newer"), -EACCES);
    assert_int_equal(put(fifo, "newer"), -EACCES);
    assert_holds(mine, "new");
    close(reader);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_replaced_as_a_whole),
        TEST(a_link_stays_and_what_it_points_to_is_replaced),
        TEST(only_the_own_file_is_withdrawn),
        TEST(a_pipe_is_written_into),
        TEST(a_reader_may_come_late_and_be_slow),
        TEST(the_wait_for_a_reader_can_be_given_up),
        TEST(a_device_is_written_into),
        TEST(standard_output_has_several_names),
        TEST(what_has_no_name_any_more_is_written_into),
        TEST(traps_in_a_folder_of_all_are_refused),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
