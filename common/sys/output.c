// SPDX-License-Identifier: MIT
#include "common/sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINKS_MAX = 40, POLL_MS = 50 };

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* ---- replacing a file ---- */

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno != EINTR)
            return -errno;
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

/* Pipes, some devices and some file systems have no fsync. */
static int sync_if_possible(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP)
        return 0;
    return -errno;
}

static void parent_of(const char *path, char ret[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(ret, PATH_MAX, ".");
    else
        snprintf(ret, PATH_MAX, "%.*s", (int)(slash == path ? 1 : slash - path), path);
}

int output_sync_parent(const char *path)
{
    char parent[PATH_MAX];
    parent_of(path, parent);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : -errno; /* writable but not readable: fine */
    int err = sync_if_possible(fd);
    close(fd);
    return err;
}

static int fill_draft(int fd, const void *bytes, size_t n, bool durable,
                      struct output *ret)
{
    int err = write_all(fd, bytes, n);
    if (err == 0 && durable)
        err = sync_if_possible(fd);
    if (err == 0 && ret)
        ret->made = file_id_get(fd, "", &ret->id) == 0;
    return close(fd) < 0 && err == 0 ? -errno : err;
}

int output_replace(const char *path, const void *bytes, size_t n, bool durable,
                   struct output *ret)
{
    char draft[PATH_MAX];
    if (snprintf(draft, sizeof(draft), "%s.XXXXXX", path) >= PATH_MAX)
        return -ENAMETOOLONG;
    if (ret)
        *ret = (struct output){.made = false};
    int fd = mkostemp(draft, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return -errno;
    int err = fill_draft(fd, bytes, n, durable, ret);
    if (err == 0 && rename(draft, path) < 0)
        err = -errno;
    if (err < 0)
        unlink(draft);
    else if (ret)
        snprintf(ret->path, sizeof(ret->path), "%s", path);
    return err == 0 && durable ? output_sync_parent(path) : err;
}

/* ---- writing into a pipe or a device ---- */

struct patience {
    bool (*go_on)(void *ctx); /* NULL: do not wait */
    void *ctx;
};

/* Does not block in write(): after POLLOUT a pipe has room for PIPE_BUF bytes. */
static int write_into(int fd, const char *bytes, size_t n, const struct patience *p)
{
    while (n > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        int found = poll(&ready, 1, p->go_on ? POLL_MS : 0);
        if (found < 0 && errno != EINTR)
            return -errno;
        if (found <= 0 && !p->go_on)
            return -EAGAIN;
        if (found <= 0 && !p->go_on(p->ctx))
            return -EINTR;
        ssize_t done = found > 0 ? write(fd, bytes, n < PIPE_BUF ? n : PIPE_BUF) : 0;
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

static bool is_pipe(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Polls for a pipe's reader: a blocking open() could not call go_on(). */
static int open_into(const char *path, const struct patience *p)
{
    static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000};
    for (;;) {
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0 || errno != ENXIO || !p->go_on || !is_pipe(path))
            return fd < 0 ? -errno : fd;
        nanosleep(&pause, NULL);
        if (!p->go_on(p->ctx))
            return -EINTR;
    }
}

static int write_and_sync(int fd, const void *bytes, size_t n, bool durable,
                          const struct patience *p)
{
    int err = write_into(fd, bytes, n, p);
    return err == 0 && durable ? sync_if_possible(fd) : err;
}

/* ---- resolving a name ---- */

static bool is_standard(const char *file)
{
    struct stat named, standard;
    if (strcmp(file, "-") == 0)
        return true;
    return stat(file, &named) == 0 && fstat(STDOUT_FILENO, &standard) == 0 &&
           is_same(&named, &standard) &&
           (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

/* The rule of the kernel's protected_symlinks and protected_fifos: in a sticky,
 * world-writable folder, do not follow links or write into pipes of other users.
 */
static bool is_trap(const char *path, const struct stat *st)
{
    char parent[PATH_MAX];
    struct stat folder;
    parent_of(path, parent);
    return stat(parent, &folder) == 0 && (folder.st_mode & S_ISVTX) &&
           (folder.st_mode & S_IWOTH) && st->st_uid != geteuid() &&
           st->st_uid != folder.st_uid;
}

/* Replaces the path of a link by its target, relative to the folder of the link. */
static int follow_link(char path[PATH_MAX])
{
    char target[PATH_MAX], parent[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        return -errno;
    target[n] = '\0';
    parent_of(path, parent);
    int bytes = *target == '/'
                    ? snprintf(path, PATH_MAX, "%s", target)
                    : snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - 1, parent, target);
    return bytes < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Follows all links.  *ret_st describes the file at `path`; all zero if there is none.
 */
static int resolve_links(const char *file, char path[PATH_MAX], struct stat *ret_st)
{
    if (snprintf(path, PATH_MAX, "%s", file) >= PATH_MAX)
        return -ENAMETOOLONG;
    for (int i = 0; i < LINKS_MAX; i++) {
        if (lstat(path, ret_st) < 0) {
            *ret_st = (struct stat){.st_mode = 0};
            return errno == ENOENT ? 0 : -errno;
        }
        if (!S_ISREG(ret_st->st_mode) && is_trap(path, ret_st))
            return -EACCES;
        if (!S_ISLNK(ret_st->st_mode))
            return 0;
        int err = follow_link(path);
        if (err < 0)
            return err;
    }
    return -ELOOP;
}

int output_write(const char *file, const void *bytes, size_t n, bool durable,
                 bool go_on(void *ctx), void *ctx, struct output *ret)
{
    const struct patience patience = {.go_on = go_on, .ctx = ctx};
    char path[PATH_MAX];
    struct stat behind, found;
    *ret = (struct output){.standard = is_standard(file)};
    if (ret->standard)
        return write_and_sync(STDOUT_FILENO, bytes, n, durable, &patience);
    int err = resolve_links(file, path, &behind);
    if (err < 0)
        return err;
    /* A link in /proc leads to an open file, which may not be the one of that name. */
    bool there = stat(file, &found) == 0;
    bool by_name = !there || is_same(&found, &behind);
    if (by_name && (!there || S_ISREG(found.st_mode)))
        return output_replace(path, bytes, n, durable, ret);
    int fd = open_into(file, &patience);
    if (fd < 0)
        return fd;
    err = write_and_sync(fd, bytes, n, durable, &patience);
    close(fd);
    return err;
}

void output_withdraw(const struct output *o)
{
    if (o->made && !file_id_gone(o->path, &o->id))
        unlink(o->path);
}
