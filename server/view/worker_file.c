// SPDX-License-Identifier: MIT
#include "server/view/worker_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <uv.h>

#define PREFIX "linux-"

static int path_of(const char *name, char ret[PATH_MAX])
{
    char self[PATH_MAX];
    size_t bytes = sizeof(self);
    int err = uv_exepath(self, &bytes);
    char *slash = err < 0 ? NULL : strrchr(self, '/');
    if (!slash)
        return err < 0 ? err : -ENOENT;
    *slash = '\0';
    int n = snprintf(ret, PATH_MAX, "%s/../lib/picoord/worker/%s", self, name);
    return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What stands behind the prefix is a word of uname -m: it leads to no other folder. */
static bool is_name(const char *name)
{
    static const char machine[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *rest = name + sizeof(PREFIX) - 1;
    return !strncmp(name, PREFIX, sizeof(PREFIX) - 1) && *rest &&
           rest[strspn(rest, machine)] == '\0';
}

int worker_file_open(const char *name, uint64_t *ret_bytes)
{
    char path[PATH_MAX];
    struct stat st = {0};
    int err = is_name(name) ? path_of(name, path) : -ENOENT;
    if (err < 0)
        return err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0)
        err = -errno;
    else if (!S_ISREG(st.st_mode))
        err = -ENOENT;
    if (err == 0) {
        *ret_bytes = (uint64_t)st.st_size;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return err;
}

bool worker_file_is_there(void)
{
    struct utsname machine;
    char name[sizeof(PREFIX) + sizeof(machine.machine)];
    uint64_t bytes;
    if (uname(&machine) < 0)
        return false;
    snprintf(name, sizeof(name), PREFIX "%s", machine.machine);
    int fd = worker_file_open(name, &bytes);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}
