// SPDX-License-Identifier: MIT
/*
 * What benchmarks of two processes share: children that do not outlive their parent,
 * clocks, medians, and giving up with a reason.
 */
#ifndef BENCH_LIB_CHILD_H
#define BENCH_LIB_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* Ends the process with what failed and the reason, a negative errno; check(): if it
 * is one. */
_Noreturn void die(const char *what, int err);
void check(const char *what, int err);

double seconds_of(clockid_t clock);
void sleep_ms(long ms);

/* In the child: 0.  The name is what ps and perf show. */
pid_t child(const char *name);

/* Kills it, and waits until it is gone. */
void end_child(pid_t pid);

/* For qsort() of doubles; the median, which sorts them. */
int ascending(const void *a, const void *b);
double median(double *values, size_t n);

#endif
