// SPDX-License-Identifier: MIT
/*
 * A path that is longer than the system takes, given to each part that adds to it: none
 * cuts it off and takes another place.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/sys/output.h"
#include "common/sys/secure_file.h"
#include "server/access/identity.h"
#include "server/store/store.h"
#include "tests/lib/scratch.h"

static char path[PATH_MAX + 100];

/* A path of so many bytes in the folder of the test, of names that the system takes. */
static const char *path_of(size_t bytes)
{
    size_t n = strlen(scratch_folder);
    memcpy(path, scratch_folder, n);
    for (size_t i = n; i < bytes; i++)
        path[i] = (i - n) % 200 == 0 ? '/' : 'a';
    path[bytes] = '\0';
    return path;
}

static void a_file_is_not_written_elsewhere(void **state)
{
    (void)state;
    struct error why;
    struct output made;
    const char *just = path_of(PATH_MAX - 1); /* but no draft beside it */
    assert_int_equal(output_replace(just, "x", 1, false, NULL), -ENAMETOOLONG);
    assert_int_equal(secure_file_write(just, "x", 1, false, &why), -ENAMETOOLONG);
    assert_non_null(strstr(why.what, "name too long"));
    assert_int_equal(output_write(path_of(PATH_MAX), "x", 1, false, NULL, NULL, &made),
                     -ENAMETOOLONG);
    assert_int_equal(scratch_count(scratch_folder), 0);
}

static void a_folder_is_not_made_elsewhere(void **state)
{
    (void)state;
    struct error why;
    char found[PATH_MAX];
    assert_int_equal(secure_dir(path_of(PATH_MAX), SECURE_MAKE, &why), -ENAMETOOLONG);
    assert_int_equal(secure_dir_resolve(path_of(PATH_MAX), SECURE_MAKE, found, &why),
                     -ENAMETOOLONG);
    assert_int_equal(scratch_count(scratch_folder), 0);
}

static void a_state_is_not_kept_elsewhere(void **state)
{
    (void)state;
    struct identity *id = NULL;
    struct store *s = NULL;
    struct error why;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t bytes = PATH_MAX - 20; bytes < PATH_MAX; bytes++) {
        assert_true(identity_open(path_of(bytes), &id, &why) < 0);
        assert_null(id);
        assert_true(store_open(&loop, path_of(bytes), &s, &why) < 0);
        assert_null(s);
    }
    assert_int_equal(store_open(&loop, path_of(PATH_MAX + 90), &s, &why),
                     -ENAMETOOLONG);
    assert_non_null(strstr(why.what, "name of the state directory is too long"));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

#define SCRATCH(test)                                                                  \
    cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH(a_file_is_not_written_elsewhere),
        SCRATCH(a_folder_is_not_made_elsewhere),
        SCRATCH(a_state_is_not_kept_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
