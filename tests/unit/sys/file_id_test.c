// SPDX-License-Identifier: MIT
/* Whether a name still leads to the same file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/file_id.h"
#include "tests/lib/scratch.h"

static struct file_id id_of(const char *path)
{
    struct file_id id;
    assert_int_equal(file_id_get(AT_FDCWD, path, &id), 0);
    assert_true(id.known);
    return id;
}

static void a_file_is_there_until_it_is_removed(void **state)
{
    const char *path = scratch("file"), *moved = scratch("moved");
    (void)state;
    scratch_write(path, "one", 0600);
    struct file_id id = id_of(path);
    assert_false(file_id_gone(path, &id));
    scratch_write(path, "another text", 0600); /* in place */
    assert_false(file_id_gone(path, &id));
    assert_int_equal(rename(path, moved), 0);
    assert_true(file_id_gone(path, &id));
    assert_false(file_id_gone(moved, &id));
}

static void another_file_of_that_name_is_another(void **state)
{
    const char *path = scratch("file"), *other = scratch("other");
    (void)state;
    scratch_write(path, "one", 0600);
    struct file_id id = id_of(path);
    scratch_write(other, "one", 0600);
    assert_int_equal(rename(other, path), 0);
    assert_true(file_id_gone(path, &id));
}

/* Each part tells files apart: numbers are used again, on one device and on others. */
static void device_number_and_birth_count_each(void **state)
{
    const char *path = scratch("file");
    (void)state;
    scratch_write(path, "one", 0600);
    const struct file_id id = id_of(path);
    struct file_id other = id;
    other.device++;
    assert_true(file_id_gone(path, &other));
    other = id;
    other.inode++;
    assert_true(file_id_gone(path, &other));
    other = id;
    other.born_ns++;
    assert_true(file_id_gone(path, &other));
}

static void what_lies_behind_a_file_is_gone(void **state)
{
    const char *folder = scratch("folder"), *path = scratch("folder/file");
    (void)state;
    assert_int_equal(mkdir(folder, 0700), 0);
    scratch_write(path, "one", 0600);
    struct file_id id = id_of(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    scratch_write(folder, "no folder any more", 0600);
    assert_true(file_id_gone(path, &id));
}

static void a_descriptor_and_its_name_are_the_same(void **state)
{
    const char *path = scratch("file");
    struct file_id id;
    (void)state;
    scratch_write(path, "one", 0600);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(file_id_get(fd, "", &id), 0);
    assert_false(file_id_gone(path, &id));
    close(fd);
}

static void nothing_is_said_of_what_was_never_seen(void **state)
{
    struct file_id id;
    (void)state;
    assert_int_equal(file_id_get(AT_FDCWD, scratch("none"), &id), -ENOENT);
    assert_false(id.known);
    assert_false(file_id_gone(scratch("none"), &id));
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_file_is_there_until_it_is_removed),
        WITH(another_file_of_that_name_is_another),
        WITH(device_number_and_birth_count_each),
        WITH(what_lies_behind_a_file_is_gone),
        WITH(a_descriptor_and_its_name_are_the_same),
        WITH(nothing_is_said_of_what_was_never_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
