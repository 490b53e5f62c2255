// SPDX-License-Identifier: MIT
/*
 * A folder of mode 0700 for one test, removed with all that is in it.  Paths are static
 * strings, PATHS of them in turn.
 */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[64];

static inline int scratch_make(void **state)
{
    (void)state;
    strcpy(scratch_folder, "/tmp/picoord-test-XXXXXX");
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static inline int scratch_remove(void **state)
{
    (void)state;
    return nftw(scratch_folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *scratch(const char *name)
{
    enum { PATHS = 8 };
    static char paths[PATHS][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    snprintf(path, PATH_MAX, "%s/%s", scratch_folder, name);
    return path;
}

static inline void scratch_write(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    size_t n = strlen(text);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* How many names a folder holds; -1: there is none. */
static inline int scratch_count(const char *path)
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

#endif
