// SPDX-License-Identifier: MIT
/*
 * The clocks, in the hands of a test: for libuv's loops as well, since clock_gettime()
 * is this file's in every program that calls one of these functions.  Until then, and
 * for other clocks, it is the C library's.
 *
 * While the clock stands still a loop that waits for a timer waits for ever: run it
 * without waiting (SOON() of tests/lib/conn_rig.h), and let time leap.
 */
#ifndef TESTS_LIB_CLOCK_H
#define TESTS_LIB_CLOCK_H

#include <stdint.h>

/* From now on the monotonic clocks stand still, but for leaps. */
void clock_hold(void);

/* Moves them on. */
void clock_leap(int64_t ms);

/* They go on, from where they stand or a little later. */
void clock_release(void);

/* From now on it is this time of day, which stands still; -1: it goes on. */
void clock_stop(int64_t unix_ms);

#endif
