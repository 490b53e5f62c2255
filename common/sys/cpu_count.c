// SPDX-License-Identifier: MIT
/*
 * Usable cores (common/sys/cpu_count.h).  A quota applies to all groups below it, so
 * the smallest one on the path to the hierarchy's root is the limit.  /proc/self/cgroup
 * names the group in each hierarchy, /proc/self/mountinfo where that is mounted, and
 * from which group on: a container may see no more than its own.
 */
#include "common/sys/cpu_count.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

enum { LINE_BYTES = 4 * PATH_MAX };

/* ---- the quota of one group ---- */

/* The first line of dir/name, without its end. */
static bool read_line(const char *dir, const char *name, char *ret, size_t size)
{
    char path[LINE_BYTES];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "re");
    bool ok = file && fgets(ret, (int)size, file);
    if (file)
        fclose(file);
    if (ok)
        ret[strcspn(ret, "\n")] = '\0';
    return ok;
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

/* v2 has one file, v1 two. */
static double quota_of(const char *dir)
{
    char quota[64], period[64], both[2 * sizeof(quota)];
    if (read_line(dir, "cpu.max", quota, sizeof(quota)))
        return cpu_count_parse_max(quota);
    if (!read_line(dir, "cpu.cfs_quota_us", quota, sizeof(quota)) ||
        !read_line(dir, "cpu.cfs_period_us", period, sizeof(period)))
        return 0;
    snprintf(both, sizeof(both), "%s %s", quota, period);
    return cpu_count_parse_max(both);
}

static double lesser(double a, double b)
{
    return a > 0 && (b <= 0 || a < b) ? a : b;
}

/* The least one from `path` up to its first `top` bytes. */
static double quota_up(char *path, size_t top)
{
    double least = 0;
    for (;;) {
        least = lesser(quota_of(path), least);
        char *last = strrchr(path, '/');
        if (!last || last < path + top)
            return least;
        *last = '\0';
    }
}

/* ---- where the group is ---- */

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, n) == 0 && (at[n] == ',' || !at[n]))
            return true;
    }
    return false;
}

/* The group of a line "ID:CONTROLLERS:PATH", or NULL: CPUs are not its matter. */
static const char *group_of(char *line, bool v2)
{
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return NULL;
    *path++ = '\0';
    controllers++;
    path[strcspn(path, "\n")] = '\0';
    return (v2 ? !*controllers : has_word(controllers, "cpu")) ? path : NULL;
}

/* A line of mountinfo: ID PARENT DEVICE ROOT MOUNTPOINT ... - TYPE SOURCE OPTIONS */
static bool mount_of(char *line, bool v2, const char **ret_root, const char **ret_at)
{
    char *rest = strstr(line, " - "), *words[5], *more = NULL;
    if (!rest)
        return false;
    *rest = '\0';
    for (size_t i = 0; i < 5; i++)
        if (!(words[i] = strtok_r(i ? NULL : line, " ", &more)))
            return false;
    const char *type = strtok_r(rest + 3, " \n", &more);
    const char *source = type ? strtok_r(NULL, " \n", &more) : NULL;
    const char *options = source ? strtok_r(NULL, " \n", &more) : NULL;
    if (!options || strcmp(type, v2 ? "cgroup2" : "cgroup") != 0 ||
        (!v2 && !has_word(options, "cpu")))
        return false;
    *ret_root = strcmp(words[3], "/") == 0 ? "" : words[3];
    *ret_at = words[4];
    return true;
}

/* The group below a mount that shows `from` and what is in it; "": `from` itself, or a
 * group that cannot be seen from here. */
static const char *below(const char *group, const char *from)
{
    size_t n = strlen(from);
    if (strncmp(group, from, n) != 0 || group[n] != '/')
        return "";
    return strcmp(group + n, "/") == 0 ? "" : group + n;
}

static double limit_in(const char *root, const char *group, bool v2)
{
    char line[LINE_BYTES], path[3 * LINE_BYTES];
    const char *from, *at;
    double least = 0;
    snprintf(path, sizeof(path), "%s/proc/self/mountinfo", root);
    FILE *mounts = fopen(path, "re");
    while (mounts && fgets(line, sizeof(line), mounts)) {
        if (!mount_of(line, v2, &from, &at))
            continue;
        snprintf(path, sizeof(path), "%s%s%s", root, at, below(group, from));
        least = lesser(quota_up(path, strlen(root) + strlen(at)), least);
    }
    if (mounts)
        fclose(mounts);
    return least;
}

double cpu_count_group_limit(const char *root)
{
    char line[LINE_BYTES];
    double least = 0;
    snprintf(line, sizeof(line), "%s/proc/self/cgroup", root);
    FILE *groups = fopen(line, "re");
    while (groups && fgets(line, sizeof(line), groups)) {
        bool v2 = strncmp(line, "0::", 3) == 0;
        const char *group = group_of(line, v2);
        if (group)
            least = lesser(limit_in(root, group, v2), least);
    }
    if (groups)
        fclose(groups);
    return least;
}

unsigned cpu_count_within(unsigned cores, double limit)
{
    return limit > 0 && limit < cores ? (unsigned)ceil(limit) : cores;
}

struct cpu_count cpu_count_usable(void)
{
    struct cpu_count c = {.mask = uv_available_parallelism(),
                          .limit = cpu_count_group_limit("")};
    c.usable = cpu_count_within(c.mask, c.limit);
    return c;
}
