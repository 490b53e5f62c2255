// SPDX-License-Identifier: MIT
/*
 * Output files: regular files are replaced atomically; pipes, devices and standard
 * output are written into.  Owns no memory.
 */
#ifndef COMMON_SYS_OUTPUT_H
#define COMMON_SYS_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/base.h"
#include "common/sys/file_id.h"

/* Where the output went. */
struct output {
    bool standard; /* to standard output */
    bool made;     /* to a file created for it, described by the rest */
    char path[PATH_MAX];
    struct file_id id;
};

/*
 * Writes a new file of mode 0600 and renames it to `path`, so that readers never see a
 * part of it.  It replaces any file or symbolic link of that name.  durable: once this
 * returns, the file survives a power cut, as far as the file system can ensure that.
 * Returns 0 or a negative errno.  ret may be NULL.
 */
MUST_USE int output_replace(const char *path, const void *bytes, size_t n, bool durable,
                            struct output *ret);

/* Syncs the directory that contains `path`, which makes the name durable, as far as the
 * file system can.  0 or a negative errno. */
MUST_USE int output_sync_parent(const char *path);

/*
 * Writes to the destination that a user named:
 *
 *   - a regular file, or a name that does not exist: as output_replace();
 *   - a symbolic link: the same at its target; the link stays;
 *   - a pipe or a device, also through a link such as /dev/stdout: written into, never
 *     replaced;
 *   - "-", or any name for the file behind standard output: standard output.
 *
 * go_on: waits for a pipe's reader to open it and to read on, as long as go_on(ctx)
 * returns true (called about 20 times a second); -EINTR once it returns false.  With
 * NULL nothing blocks: n must be at most PIPE_BUF, and -EAGAIN means that the pipe is
 * full.
 *
 * Returns 0 or a negative errno: -ENXIO if a pipe has no reader, -EPIPE if its reader
 * has closed it, -EACCES also for a link or pipe of another user in a folder like /tmp,
 * where it may be a trap.  The caller must ignore SIGPIPE.  Fills *ret; after a failure
 * only `standard`.
 */
MUST_USE int output_write(const char *file, const void *bytes, size_t n, bool durable,
                          bool go_on(void *ctx), void *ctx, struct output *ret);

/* Removes the file that was created, if the same file still has its name.  Leaves
 * pipes, devices and links alone. */
void output_withdraw(const struct output *o);

#endif
