// SPDX-License-Identifier: MIT
#include "common/sys/file_id.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int file_id_get(int fd, const char *path, struct file_id *ret)
{
    struct statx st;
    *ret = (struct file_id){.known = false};
    if (statx(fd, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME,
              &st) < 0)
        return -errno;
    ret->known = true;
    ret->device = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
    ret->inode = st.stx_ino;
    if (st.stx_mask & STATX_BTIME)
        ret->born_ns = st.stx_btime.tv_sec * 1000000000 + st.stx_btime.tv_nsec;
    return 0;
}

bool file_id_gone(const char *path, const struct file_id *id)
{
    struct file_id now;
    if (!id->known)
        return false;
    int err = file_id_get(AT_FDCWD, path, &now);
    if (err < 0)
        return err == -ENOENT || err == -ENOTDIR;
    return now.device != id->device || now.inode != id->inode ||
           now.born_ns != id->born_ns;
}
