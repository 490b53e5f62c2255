// SPDX-License-Identifier: MIT
/*
 * Usable cores (common/sys/cpu_count.h).  A cgroup's cpu.max applies to all its
 * descendants, so the smallest one on the path to the root is the limit.
 */
#include "common/sys/cpu_count.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

static bool read_text(const char *path, char *buf, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t n = fread(buf, 1, size - 1, file);
    fclose(file);
    buf[n] = '\0';
    return n > 0;
}

double cpu_count_parse_max(const char *text)
{
    char *end;
    double quota = strtod(text, &end);
    if (end == text || *end != ' ')
        return 0;
    double period = strtod(end, NULL);
    return quota > 0 && period > 0 && isfinite(quota) ? quota / period : 0;
}

char *cpu_count_parse_group(char *text)
{
    char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
    if (!line)
        return NULL;
    char *path = strchr(line, '/');
    path[strcspn(path, "\n")] = '\0';
    return path;
}

double cpu_count_group_limit(const char *root, char *group)
{
    char file[8192], max[64];
    double least = 0;
    for (;;) {
        snprintf(file, sizeof(file), "%s%s/cpu.max", root, group);
        double limit = read_text(file, max, sizeof(max)) ? cpu_count_parse_max(max) : 0;
        if (limit > 0 && (least <= 0 || limit < least))
            least = limit;
        char *last = strrchr(group, '/');
        if (!last)
            return least;
        *last = '\0'; /* the parent; finally "", the root */
    }
}

static double cgroup_limit(void)
{
    char text[4096];
    char *group = NULL;
    if (read_text("/proc/self/cgroup", text, sizeof(text)))
        group = cpu_count_parse_group(text);
    return group ? cpu_count_group_limit(CGROUP_ROOT, group) : 0;
}

struct cpu_count cpu_count_usable(void)
{
    struct cpu_count c = {.mask = uv_available_parallelism(), .limit = cgroup_limit()};
    c.usable = c.mask;
    if (c.limit > 0 && c.limit < c.mask)
        c.usable = (unsigned)ceil(c.limit);
    return c;
}
