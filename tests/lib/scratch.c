// SPDX-License-Identifier: MIT
#include "tests/lib/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

char scratch_folder[64];

int scratch_make(void **state)
{
    (void)state;
    strcpy(scratch_folder, "/tmp/picoord-test-XXXXXX");
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static int scratch_remove_one(const char *path, const struct stat *st, int type,
                              struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

int scratch_remove(void **state)
{
    (void)state;
    return nftw(scratch_folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch(const char *name)
{
    enum { PATHS = 8 };
    static char paths[PATHS][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    snprintf(path, PATH_MAX, "%s/%s", scratch_folder, name);
    return path;
}

void scratch_write(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    size_t n = strlen(text);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

int scratch_count(const char *path)
{
    DIR *dir = opendir(path);
    int n = -2; /* "." and ".." */
    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}
