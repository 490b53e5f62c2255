// SPDX-License-Identifier: MIT
/*
 * How many cores this process may use: the cores of its affinity mask, limited by the
 * CPU quota of its cgroup (v2).  Reads /proc and /sys; owns nothing.
 */
#ifndef COMMON_SYS_CPU_COUNT_H
#define COMMON_SYS_CPU_COUNT_H

#include <stddef.h>

struct cpu_count {
    unsigned usable; /* at least 1: the default of --threads */
    unsigned mask;   /* cores of the affinity mask */
    double limit;    /* of the cgroup, in cores; 0: no limit */
};

/* Never fails: counts at least one usable core. */
struct cpu_count cpu_count_usable(void);

/* Parses the text of a cpu.max file, "QUOTA PERIOD" or "max PERIOD".  Returns cores; 0
 * if there is no limit or the text is malformed.  Pure. */
double cpu_count_parse_max(const char *text);

/* The path after "0::" in the text of /proc/self/cgroup, or NULL.  Terminates the path
 * in place, so it modifies text.  Pure. */
char *cpu_count_parse_group(char *text);

/* The smallest cpu.max, in cores, of a cgroup and its ancestors, read from the cgroup
 * file system mounted at `root`; 0: no limit.  group begins with '/' and is modified.
 */
double cpu_count_group_limit(const char *root, char *group);

#endif
