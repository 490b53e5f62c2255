// SPDX-License-Identifier: MIT
/*
 * Files that hold secrets.  A secret is read only if no other user can have written or
 * seen it: the regular file or directory must belong to the effective user, have no
 * permissions for group and others, and not be a symbolic link.  Each reason for a
 * refusal has its own sentence.
 *
 * Each call returns 0 or a negative errno and then fills *why.  Owns no memory.
 */
#ifndef COMMON_SYS_SECURE_FILE_H
#define COMMON_SYS_SECURE_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "common/base/error.h"

enum secure_make {
    SECURE_IS_THERE,     /* must exist, else -ENOENT */
    SECURE_MAKE,         /* create it and its parents if needed */
    SECURE_MAKE_DURABLE, /* the same; what is created survives a power cut */
};

/*
 * Reads the whole file, at most `size` bytes.  -ENOENT: it does not exist.  -ELOOP: it
 * is a symbolic link.  -EINVAL: it is no regular file.  -EPERM: it belongs to another
 * user, or others have permissions.  -EFBIG: it is larger.
 */
MUST_USE int secure_file_read(const char *path, void *buf, size_t size,
                              size_t *ret_bytes, struct error *why);

/* The same as a string: at most size - 1 bytes; -EINVAL if one of them is NUL. */
MUST_USE int secure_file_read_text(const char *path, char *buf, size_t size,
                                   struct error *why);

/*
 * The same for a secret of somebody else's making, such as one that is mounted into a
 * container: it may be root's, stand behind symbolic links, and be read by others. Then
 * 1 is returned instead of 0, and *why is a warning.  -EPERM: others may write to it.
 */
MUST_USE int secure_file_read_given(const char *path, char *buf, size_t size,
                                    struct error *why);

/*
 * Replaces the file of this name atomically by a new one of mode 0600: readers never
 * see a part of it.  durable: it survives a power cut once this returns.
 */
MUST_USE int secure_file_write(const char *path, const void *bytes, size_t n,
                               bool durable, struct error *why);

/* Checks, or creates, a directory of the effective user with mode 0700. */
MUST_USE int secure_dir(const char *path, enum secure_make make, struct error *why);

/*
 * The same for a directory whose path may contain symbolic links, anywhere.  Checks the
 * directory that they lead to and returns its path without links: use only that path
 * from then on.  -ENOENT or -ELOOP also for a dangling or circular link.
 */
MUST_USE int secure_dir_resolve(const char *path, enum secure_make make,
                                char ret[PATH_MAX], struct error *why);

/* Opens with `flags` (mode 0600 with O_CREAT) and checks as secure_file_read() does.
 * Returns a descriptor, which the caller closes, or a negative errno. */
MUST_USE int secure_file_open(const char *path, int flags, struct error *why);

#endif
