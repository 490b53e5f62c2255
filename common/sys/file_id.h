// SPDX-License-Identifier: MIT
/*
 * Which file a name leads to: tells whether it is still the same one.  Owns nothing.
 */
#ifndef COMMON_SYS_FILE_ID_H
#define COMMON_SYS_FILE_ID_H

#include <stdbool.h>

#include "common/base/base.h"

struct file_id {
    bool known;
    uint64_t device, inode;
    int64_t born_ns; /* inode numbers are reused; 0: unknown */
};

/* Of an open file (path ""), or of a name (AT_FDCWD, path); a symbolic link is not
 * followed.  0 or a negative errno; *ret is known only after 0. */
MUST_USE int file_id_get(int fd, const char *path, struct file_id *ret);

/* Whether the name certainly leads to that file no more: to nothing, or to another one.
 * False if that cannot be told, or *id is not known. */
bool file_id_gone(const char *path, const struct file_id *id);

#endif
