// SPDX-License-Identifier: MIT
/*
 * Files that are written whole or not at all, and what a user may name in their place.
 * Owns no memory.
 */
#ifndef COMMON_SYS_OUTPUT_H
#define COMMON_SYS_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/base.h"

/* Where it has gone. */
struct output {
    bool standard; /* to standard output; */
    bool made;     /* or into a file that was made: this one */
    char path[PATH_MAX];
    uint64_t device, inode;
    int64_t born_ns; /* the number of an inode is used again; 0 where it is not known */
};

/*
 * Puts a file of mode 0600 in the place of whatever has this name, a link included, by
 * a rename: nobody ever sees a part of it.  durable: it outlives a power cut once this
 * returns, as far as the file system can.  0 or a negative errno; ret may be NULL.
 */
MUST_USE int output_replace(const char *path, const void *bytes, size_t n, bool durable,
                            struct output *ret);

/* A name is as durable as the folder that holds it: syncs that, as far as the file
 * system can.  0 or a negative errno. */
MUST_USE int output_sync_parent(const char *path);

/*
 * Writes to where a user has said:
 *
 *   - a regular file, or nothing yet: as output_replace();
 *   - a symbolic link: the same at the place that it points to, and the link stays;
 *   - a pipe or a device, by a link as /dev/stdout too: written into, never replaced;
 *   - "-", and any name of what standard output is: standard output.
 *
 * go_on: a pipe's reader is waited for, to come and to read on, as long as this says so
 * (it is asked some ten times a second, as ctx it gets ctx); -EINTR when it does not.
 * NULL: nothing blocks, what is written must be at most PIPE_BUF bytes, and -EAGAIN
 * says that the pipe is full.
 *
 * 0 or a negative errno: -ENXIO of a pipe that nobody reads, -EPIPE of one whose reader
 * has left, -EACCES also of another's link or pipe in a folder like /tmp, which may be
 * a trap.  SIGPIPE must be ignored.  Fills *ret, after a failure
 * with `standard` alone.
 */
MUST_USE int output_write(const char *file, const void *bytes, size_t n, bool durable,
                          bool go_on(void *ctx), void *ctx, struct output *ret);

/* Removes the file that was made, if it is still there and the same; a pipe, a device
 * and a link are left. */
void output_withdraw(const struct output *o);

#endif
