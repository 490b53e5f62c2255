// SPDX-License-Identifier: MIT
/*
 * Directories and locks (common/join/rendezvous.h).  A picoord that starts locks the
 * common directory while it removes stale entries and creates its own, so that no other
 * picoord removes a new entry that has no lock yet.  A peer tests each entry by taking
 * its lock for a moment.  That lock is shared, so that two peers at the same time do
 * not mistake each other for a coordinator.
 */
#include "common/join/rendezvous.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/format.h"
#include "common/sys/file_id.h"
#include "common/sys/secure_file.h"

enum {
    LOCK_TRIES = 50, /* 1 ms apart: a peer may be testing the lock */
    PID_DIGITS = 10,
};

#define LOCAL_WORKER "local-worker.join"
#define WORKER "worker.join"
#define OPERATOR "operator.join"

struct rendezvous {
    char folder[PATH_MAX];
    int lock;
};

static int join_path(char ret[PATH_MAX], const char *folder, const char *name)
{
    int n = snprintf(ret, PATH_MAX, "%s/%s", folder, name);
    return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int common_folder(char ret[PATH_MAX], struct error *why)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    if (run && *run == '/' && strlen(run) < PATH_MAX / 2 &&
        secure_dir(run, SECURE_IS_THERE, why) == 0)
        return join_path(ret, run, "picoord");
    snprintf(ret, PATH_MAX, "/tmp/picoord-%u", (unsigned)geteuid());
    return 0;
}

/* The process id in a directory's name, or 0. */
static int pid_of(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > PID_DIGITS || strspn(name, "0123456789") < n || *name == '0')
        return 0;
    unsigned long pid = strtoul(name, NULL, 10);
    return pid <= INT_MAX ? (int)pid : 0;
}

/* ---- stale entries ---- */

/* Removes all files, since a killed process may have left temporary ones. */
static void remove_entry(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));)
        unlinkat(dirfd(dir), e->d_name, 0); /* fails for "." and ".." */
    if (dir)
        closedir(dir);
    rmdir(folder);
}

/* No lock file: its process was killed while starting, or is just ending. */
static bool is_stale(const char *folder)
{
    char path[PATH_MAX];
    struct error why;
    if (join_path(path, folder, "lock") < 0)
        return false;
    int fd = secure_file_open(path, O_RDONLY, &why);
    if (fd < 0)
        return fd == -ENOENT;
    bool dead = flock(fd, LOCK_SH | LOCK_NB) == 0;
    close(fd);
    return dead;
}

static void remove_stale(const char *common)
{
    char folder[PATH_MAX];
    DIR *dir = opendir(common);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (pid_of(e->d_name) && join_path(folder, common, e->d_name) == 0 &&
            is_stale(folder))
            remove_entry(folder);
    if (dir)
        closedir(dir);
}

/* ---- for the coordinator ---- */

static int take_lock(const char *folder, int *ret, struct error *why)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    char path[PATH_MAX], shown[256];
    if (join_path(path, folder, "lock") < 0)
        return error_set(why, -ENAMETOOLONG, NULL, "XDG_RUNTIME_DIR is too long");
    int fd = secure_file_open(path, O_RDWR | O_CREAT, why);
    if (fd < 0)
        return fd;
    int err = -EWOULDBLOCK;
    for (int i = 0; i < LOCK_TRIES && err == -EWOULDBLOCK; i++) {
        if (i > 0)
            nanosleep(&moment, NULL);
        err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
    }
    if (err == 0) {
        *ret = fd;
        return 0;
    }
    close(fd);
    return error_set(why, err, NULL, "cannot lock %s: %s",
                     format_escape_str(shown, sizeof(shown), path),
                     err == -EWOULDBLOCK ? "another process of this number holds it"
                                         : uv_strerror(err));
}

static int write_join(const char *folder, const char *name, const char *join,
                      struct error *why)
{
    char path[PATH_MAX], line[JOIN_TEXT_BYTES + 1];
    int n = snprintf(line, sizeof(line), "%s\n", join);
    assert((size_t)n < sizeof(line));
    if (join_path(path, folder, name) < 0)
        return error_set(why, -ENAMETOOLONG, NULL, "XDG_RUNTIME_DIR is too long");
    return secure_file_write(path, line, (size_t)n, false, why);
}

int rendezvous_renew(const struct rendezvous *r, const struct rendezvous_joins *joins,
                     struct error *why)
{
    int err = write_join(r->folder, LOCAL_WORKER, joins->local_worker, why);
    err = err < 0 ? err : write_join(r->folder, WORKER, joins->worker, why);
    return err < 0 ? err : write_join(r->folder, OPERATOR, joins->operator, why);
}

/* Precondition: the common directory is locked. */
static int create_entry(const char *common, struct rendezvous *r, struct error *why)
{
    char number[PID_DIGITS + 1];
    snprintf(number, sizeof(number), "%d", (int)getpid());
    remove_stale(common);
    if (join_path(r->folder, common, number) < 0)
        return error_set(why, -ENAMETOOLONG, NULL, "XDG_RUNTIME_DIR is too long");
    int err = secure_dir(r->folder, SECURE_MAKE, why);
    return err < 0 ? err : take_lock(r->folder, &r->lock, why);
}

int rendezvous_announce(const struct rendezvous_joins *joins, struct rendezvous **ret,
                        struct error *why)
{
    char common[PATH_MAX];
    struct rendezvous *r = mem_zero(1, sizeof(*r));
    r->lock = -1;
    int err = common_folder(common, why);
    err = err < 0 ? err : secure_dir(common, SECURE_MAKE, why);
    int gate = err < 0 ? err : secure_file_open(common, O_RDONLY | O_DIRECTORY, why);
    if (gate >= 0) {
        while (flock(gate, LOCK_EX) < 0 && errno == EINTR)
            ;
        err = create_entry(common, r, why);
        close(gate);
    } else {
        err = gate;
    }
    err = err < 0 ? err : rendezvous_renew(r, joins, why);
    if (err == 0) {
        *ret = r;
        return 0;
    }
    rendezvous_withdraw(r);
    return err;
}

/* Whether the folder of that name is still the one that was made. */
static bool is_ours(const struct rendezvous *r)
{
    char path[PATH_MAX];
    struct file_id lock;
    return join_path(path, r->folder, "lock") == 0 &&
           file_id_get(r->lock, "", &lock) == 0 && !file_id_gone(path, &lock);
}

bool rendezvous_is_found(const struct rendezvous *r)
{
    static const char *const names[] = {LOCAL_WORKER, WORKER, OPERATOR};
    char common[PATH_MAX], path[PATH_MAX];
    struct error why;
    size_t n = (size_t)(strrchr(r->folder, '/') - r->folder);
    if (common_folder(common, &why) < 0 || strlen(common) != n ||
        memcmp(common, r->folder, n) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (join_path(path, r->folder, names[i]) < 0 || access(path, F_OK) < 0)
            return false;
    return is_ours(r);
}

/* Not what somebody else may have put in its place. */
void rendezvous_withdraw(struct rendezvous *r)
{
    if (!r)
        return;
    if (r->lock >= 0 && is_ours(r))
        remove_entry(r->folder);
    if (r->lock >= 0)
        close(r->lock);
    free(r);
}

/* ---- for peers ---- */

static int read_join(const char *folder, const char *name,
                     char ret[JOIN_TEXT_BYTES + 1], struct error *why)
{
    char path[PATH_MAX];
    int err = join_path(path, folder, name);
    return err < 0 ? err : secure_file_read_text(path, ret, JOIN_TEXT_BYTES + 1, why);
}

/* 1; 0 if there is no such entry; or a negative errno if other users have access. */
static int read_entry(const char *common, const char *name, enum role role,
                      struct rendezvous_entry *ret, struct error *why)
{
    char folder[PATH_MAX], text[JOIN_TEXT_BYTES + 1], ignored[JOIN_WHY_BYTES];
    ret->pid = pid_of(name);
    if (ret->pid == 0 || join_path(folder, common, name) < 0 || is_stale(folder))
        return 0;
    int err = secure_dir(folder, SECURE_IS_THERE, why);
    if (err == 0)
        err = read_join(folder, role == ROLE_OPERATOR ? OPERATOR : LOCAL_WORKER, text,
                        why);
    if (err == -ENOENT && role == ROLE_WORKER) /* an older picoord has only this */
        err = read_join(folder, WORKER, text, why);
    if (err == -ENOENT || err == -ENOTDIR)
        return 0; /* its process is starting or ending, or it is no entry */
    bool good = err == 0 && join_parse(text, &ret->join, ignored) == 0;
    explicit_bzero(text, sizeof(text));
    return err < 0 ? err : good;
}

static int by_pid(const void *a, const void *b)
{
    const struct rendezvous_entry *one = a, *other = b;
    return (one->pid > other->pid) - (one->pid < other->pid);
}

int rendezvous_find(enum role role, struct rendezvous_entry ret[RENDEZVOUS_MAX],
                    size_t *ret_n, struct error *why)
{
    char common[PATH_MAX];
    size_t n = 0;
    int err = common_folder(common, why);
    err = err < 0 ? err : secure_dir(common, SECURE_IS_THERE, why);
    if (err < 0 && err != -ENOENT)
        return err;
    DIR *dir = err == 0 ? opendir(common) : NULL;
    err = 0;
    for (struct dirent *e;
         err >= 0 && dir && n < RENDEZVOUS_MAX && (e = readdir(dir));) {
        err = read_entry(common, e->d_name, role, &ret[n], why);
        n += err > 0;
    }
    if (dir)
        closedir(dir);
    qsort(ret, n, sizeof(*ret), by_pid);
    *ret_n = n;
    return err < 0 ? err : 0;
}
