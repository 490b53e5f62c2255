// SPDX-License-Identifier: MIT
/*
 * Files that hold secrets.  A secret is read only from where nobody else can have put
 * or seen it: a regular file or a folder of the effective user, without any right for
 * group and others, and not behind a symbolic link.  Every refusal has a sentence of
 * its own.
 *
 * Each call returns 0 or a negative errno and then fills *why.  Owns no memory.
 */
#ifndef COMMON_SYS_SECURE_FILE_H
#define COMMON_SYS_SECURE_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "common/base/error.h"

enum secure_make {
    SECURE_IS_THERE,     /* or -ENOENT */
    SECURE_MAKE,         /* at need, and its parents with it */
    SECURE_MAKE_DURABLE, /* what is made outlives a power cut */
};

/*
 * The whole file, which has `size` bytes at most.  -ENOENT: it is not there.  -ELOOP: a
 * symbolic link.  -EINVAL: no regular file.  -EPERM: another user's, or open to others.
 * -EFBIG: larger.
 */
MUST_USE int secure_file_read(const char *path, void *buf, size_t size,
                              size_t *ret_bytes, struct error *why);

/* The same as a string: at most size - 1 bytes, none of them NUL (-EINVAL). */
MUST_USE int secure_file_read_text(const char *path, char *buf, size_t size,
                                   struct error *why);

/*
 * Puts a file of mode 0600 in the place of whatever has this name, at once: nobody ever
 * sees a part of it.  durable: it outlives a power cut once this returns.
 */
MUST_USE int secure_file_write(const char *path, const void *bytes, size_t n,
                               bool durable, struct error *why);

/* A folder of ours with mode 0700. */
MUST_USE int secure_dir(const char *path, enum secure_make make, struct error *why);

/*
 * The same for a folder that may be behind symbolic links, the last part of its path or
 * any before it: what counts is the folder that is found.  Its path, without a link in
 * it, is for all later use.  -ENOENT or -ELOOP also where a link leads nowhere.
 */
MUST_USE int secure_dir_resolve(const char *path, enum secure_make make,
                                char ret[PATH_MAX], struct error *why);

/* Opens with `flags` and checks as secure_file_read() does; created with 0600 where the
 * flags say so.  The descriptor, or a negative errno. */
MUST_USE int secure_file_open(const char *path, int flags, struct error *why);

#endif
