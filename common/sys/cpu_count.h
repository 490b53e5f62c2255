// SPDX-License-Identifier: MIT
/*
 * How many cores this process may use: those of its affinity mask, and no more than
 * the CPU time that cgroup v2 lets it have.  Reads /proc and /sys; owns nothing.
 */
#ifndef COMMON_SYS_CPU_COUNT_H
#define COMMON_SYS_CPU_COUNT_H

#include <stddef.h>

struct cpu_count {
    unsigned usable; /* at least 1: what --threads is by default */
    unsigned mask;   /* cores of the affinity mask */
    double limit;    /* of the cgroup, in cores; 0: none */
};

struct cpu_count cpu_count_usable(void);

/* The text of a cpu.max file, "QUOTA PERIOD" or "max PERIOD", in cores; 0: no limit,
 * or not such a text.  Pure. */
double cpu_count_parse_max(const char *text);

/* The path after "0::" in the text of /proc/self/cgroup, which is cut there into a
 * string, or NULL.  Pure. */
char *cpu_count_parse_group(char *text);

/* The least cpu.max, in cores, of a group and of all above it, in the tree of groups
 * that lies in the folder `root`; 0: none.  group begins with '/' and is cut up. */
double cpu_count_group_limit(const char *root, char *group);

#endif
