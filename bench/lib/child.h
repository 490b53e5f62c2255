// SPDX-License-Identifier: MIT
/*
 * Helpers for benchmarks of several processes: children that do not outlive their
 * parent, clocks, medians, and exit with an error message.
 */
#ifndef BENCH_LIB_CHILD_H
#define BENCH_LIB_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* Ends the process with a message: what failed, and the text of err, a negative errno.
 * check() does so only if err < 0. */
_Noreturn void die(const char *what, int err);
void check(const char *what, int err);

/* The clock's time in seconds. */
double seconds_of(clockid_t clock);
void sleep_ms(long ms);

/* fork(): returns 0 in the child, which dies with its parent.  ps and perf show the
 * name.
 */
pid_t child(const char *name);

/* Kills the child and waits for its end. */
void end_child(pid_t pid);

/* Compares doubles for qsort().  median() sorts the values. */
int ascending(const void *a, const void *b);
double median(double *values, size_t n);

#endif
