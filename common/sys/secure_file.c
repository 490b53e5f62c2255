// SPDX-License-Identifier: MIT
/*
 * Files that hold secrets (common/sys/secure_file.h).  Checks always use the open
 * descriptor, so the file cannot be replaced between the check and the use.
 */
#include "common/sys/secure_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/format.h"
#include "common/sys/output.h"

enum { SHOWN_BYTES = 256 };

/* The first part of the path that is, or may be, in the way. */
static bool is_of_root(const char *path)
{
    char part[PATH_MAX];
    struct stat st;
    snprintf(part, sizeof(part), "%s", path);
    while (stat(part, &st) < 0) {
        char *last = strrchr(part, '/');
        if (errno != EACCES || !last || last == part)
            return false;
        *last = '\0';
    }
    return geteuid() != 0 && st.st_uid == 0;
}

static int cannot(struct error *why, int err, const char *verb, const char *path)
{
    char shown[SHOWN_BYTES];
    bool nowhere = err == -ENOENT || err == -ENOTDIR || err == -ELOOP;
    const char *hint = nowhere ? "is the path right?" : NULL;
    if (err == -EACCES && is_of_root(path))
        hint = "it belongs to root: was picoord run with sudo?";
    return error_set(why, err, hint, "cannot %s %s: %s", verb,
                     format_escape_str(shown, sizeof(shown), path), uv_strerror(err));
}

/* Checks type, owner and permissions of an open file. */
static int check_open_file(int fd, const char *path, bool folder, struct error *why)
{
    char shown[SHOWN_BYTES], hint[SHOWN_BYTES + 32];
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cannot(why, -errno, "look at", path);
    format_escape_str(shown, sizeof(shown), path);
    if (!folder && !S_ISREG(st.st_mode))
        return error_set(why, -EINVAL, NULL, "%s is no regular file", shown);
    if (st.st_uid != geteuid())
        return error_set(
            why, -EPERM,
            folder ? "name another folder, or give it to the user that runs this"
                   : "make a copy of your own, with mode 0600",
            "%s belongs to another user (uid %u)", shown, (unsigned)st.st_uid);
    if ((st.st_mode & 077) == 0)
        return 0;
    snprintf(hint, sizeof(hint), "chmod %s %s", folder ? "700" : "600", shown);
    return error_set(why, -EPERM, hint, "%s may be %s by others (mode %04o)", shown,
                     st.st_mode & 044 ? "read" : "used", st.st_mode & 07777u);
}

int secure_file_open(const char *path, int flags, struct error *why)
{
    char shown[SHOWN_BYTES];
    bool folder = flags & O_DIRECTORY;
    /* Without O_NONBLOCK, open() of a FIFO would block before it can be refused. */
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    int err = fd < 0 ? -errno : 0;
    struct stat st;
    if (err && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        return error_set(why, -ELOOP, "name what it points to", "%s is a symbolic link",
                         format_escape_str(shown, sizeof(shown), path));
    if (err)
        return cannot(why, err, "open", path);
    err = check_open_file(fd, path, folder, why);
    if (err == 0)
        return fd;
    close(fd);
    return err;
}

/* Reads to the end of the file; -EFBIG once one byte more than fits has been read. */
static int read_all(int fd, char *buf, size_t size, size_t *ret_bytes)
{
    size_t n = 0;
    for (;;) {
        char more;
        ssize_t got = n < size ? read(fd, buf + n, size - n) : read(fd, &more, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got > 0 && n == size)
            return -EFBIG;
        n += (size_t)got;
        if (got == 0)
            break;
    }
    *ret_bytes = n;
    return 0;
}

/* Closes fd. */
static int read_open_file(int fd, const char *path, void *buf, size_t size,
                          size_t *ret_bytes, struct error *why)
{
    char shown[SHOWN_BYTES];
    int err = read_all(fd, buf, size, ret_bytes);
    close(fd);
    if (err == -EFBIG)
        return error_set(why, err, NULL,
                         "%s is longer than the %zu bytes that it may have",
                         format_escape_str(shown, sizeof(shown), path), size);
    return err < 0 ? cannot(why, err, "read", path) : 0;
}

int secure_file_read(const char *path, void *buf, size_t size, size_t *ret_bytes,
                     struct error *why)
{
    int fd = secure_file_open(path, O_RDONLY, why);
    return fd < 0 ? fd : read_open_file(fd, path, buf, size, ret_bytes, why);
}

static int end_text(const char *path, char *buf, size_t n, struct error *why)
{
    char shown[SHOWN_BYTES];
    buf[n] = '\0';
    if (strlen(buf) < n)
        return error_set(why, -EINVAL, NULL, "%s is no text",
                         format_escape_str(shown, sizeof(shown), path));
    return 0;
}

int secure_file_read_text(const char *path, char *buf, size_t size, struct error *why)
{
    size_t n = 0;
    int err = secure_file_read(path, buf, size - 1, &n, why);
    return err < 0 ? err : end_text(path, buf, n, why);
}

/* ---- secrets of somebody else's making ---- */

/* Who may write there decides whom we trust.  1: others may read it. */
static int check_given_file(int fd, const char *path, struct error *why)
{
    char shown[SHOWN_BYTES], hint[SHOWN_BYTES + 32];
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cannot(why, -errno, "look at", path);
    format_escape_str(shown, sizeof(shown), path);
    snprintf(hint, sizeof(hint), "chmod 600 %s", shown);
    if (!S_ISREG(st.st_mode))
        return error_set(why, -EINVAL, NULL, "%s is no regular file", shown);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_set(why, -EPERM, "make a copy of your own, with mode 0600",
                         "%s belongs to another user (uid %u)", shown,
                         (unsigned)st.st_uid);
    if (st.st_mode & 022)
        return error_set(why, -EPERM, hint, "%s may be written by others (mode %04o)",
                         shown, st.st_mode & 07777u);
    if (st.st_mode & 044)
        return error_set(why, 1, hint, "%s may be read by others (mode %04o)", shown,
                         st.st_mode & 07777u);
    return 0;
}

int secure_file_read_given(const char *path, char *buf, size_t size, struct error *why)
{
    struct error exposed;
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return cannot(why, -errno, "open", path);
    int found = check_given_file(fd, path, &exposed);
    if (found < 0) {
        *why = exposed;
        close(fd);
        return found;
    }
    int err = read_open_file(fd, path, buf, size - 1, &n, why);
    err = err < 0 ? err : end_text(path, buf, n, why);
    if (err == 0 && found)
        *why = exposed;
    return err < 0 ? err : found;
}

/* ---- writing ---- */

int secure_file_write(const char *path, const void *bytes, size_t n, bool durable,
                      struct error *why)
{
    int err = output_replace(path, bytes, n, durable, NULL);
    return err < 0 ? cannot(why, err, "write", path) : 0;
}

/* ---- folders ---- */

static int make_folder(const char *path, bool durable)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? 0 : -errno;
    return durable ? output_sync_parent(path) : 0;
}

/* As `mkdir -p`; existing folders stay unchanged. */
static int make_folders(const char *path, bool durable)
{
    char part[PATH_MAX];
    int err = 0;
    if (snprintf(part, sizeof(part), "%s", path) >= PATH_MAX)
        return -ENAMETOOLONG;
    for (char *at = strchr(part + !!part[0], '/'); at && err == 0;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        err = make_folder(part, durable);
        *at = '/';
    }
    return err < 0 ? err : make_folder(part, durable);
}

static int make_if_needed(const char *path, enum secure_make make, struct error *why)
{
    int err = 0;
    if (make != SECURE_IS_THERE)
        err = make_folders(path, make == SECURE_MAKE_DURABLE);
    return err < 0 ? cannot(why, err, "make the folder", path) : 0;
}

int secure_dir(const char *path, enum secure_make make, struct error *why)
{
    int err = make_if_needed(path, make, why);
    if (err < 0)
        return err;
    int fd = secure_file_open(path, O_RDONLY | O_DIRECTORY, why);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int secure_dir_resolve(const char *path, enum secure_make make, char ret[PATH_MAX],
                       struct error *why)
{
    char shown[SHOWN_BYTES];
    struct stat st;
    int err = make_if_needed(path, make, why);
    if (err < 0)
        return err;
    if (realpath(path, ret))
        return secure_dir(ret, SECURE_IS_THERE, why);
    err = -errno;
    if ((err == -ENOENT || err == -ELOOP) && lstat(path, &st) == 0)
        return error_set(why, err, "make the folder that it points to, or name another",
                         "%s is a symbolic link that leads nowhere",
                         format_escape_str(shown, sizeof(shown), path));
    return cannot(why, err, "open", path);
}
