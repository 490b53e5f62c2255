// SPDX-License-Identifier: MIT
/*
 * How many cores this process may use: the cores of its affinity mask, limited by the
 * CPU quotas of its cgroups, v1 and v2, and of all groups around them.  Reads /proc and
 * the cgroup file systems; owns nothing.
 */
#ifndef COMMON_SYS_CPU_COUNT_H
#define COMMON_SYS_CPU_COUNT_H

#include <stddef.h>

struct cpu_count {
    unsigned usable; /* at least 1: the default of --threads */
    unsigned mask;   /* cores of the affinity mask */
    double limit;    /* of the cgroups, in cores; 0: no limit */
};

/* Never fails: counts at least one usable core. */
struct cpu_count cpu_count_usable(void);

/* Of these cores those that a limit leaves, a part of a core counting as one.  Pure. */
unsigned cpu_count_within(unsigned cores, double limit);

/* Parses "QUOTA PERIOD" or "max PERIOD", as in a cpu.max file.  Returns cores; 0 if
 * there is no limit or the text is malformed.  Pure. */
double cpu_count_parse_max(const char *text);

/* The smallest quota of this process's groups, in cores; 0: no limit.  `root` stands
 * before all paths, /proc/self/cgroup first: "" but for tests. */
double cpu_count_group_limit(const char *root);

#endif
