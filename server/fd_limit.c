// SPDX-License-Identifier: MIT
#include "server/fd_limit.h"

#include <dirent.h>
#include <sys/resource.h>

enum {
    LEAST = 1024,              /* the usual default of the system */
    DESCRIPTORS_MAX = 1 << 20, /* upper bound, even if the system allows more */
};

uint32_t fd_limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return LEAST;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return LEAST;
    return limit.rlim_cur < DESCRIPTORS_MAX ? (uint32_t)limit.rlim_cur
                                            : DESCRIPTORS_MAX;
}

uint32_t fd_limit_count(uint32_t otherwise)
{
    uint32_t n = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return otherwise;
    for (struct dirent *e = readdir(folder); e; e = readdir(folder))
        n += e->d_name[0] != '.';
    closedir(folder);
    return n - 1; /* the open directory itself */
}
