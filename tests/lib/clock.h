// SPDX-License-Identifier: MIT
/*
 * The monotonic clock, in the hands of a test: for libuv's loops as well, since
 * clock_gettime() is this file's in every program that calls one of these functions.
 * Until then, and for other clocks, it is the C library's.
 *
 * While the clock stands still a loop that waits for a timer waits for ever: run it
 * without waiting (SOON() of tests/lib/conn_rig.h), and let time leap.
 */
#ifndef TESTS_LIB_CLOCK_H
#define TESTS_LIB_CLOCK_H

#include <stdint.h>

/* From now on it stands still, but for leaps. */
void clock_hold(void);

/* Moves it on. */
void clock_leap(int64_t ms);

/* It goes on, from where it stands or a little later. */
void clock_release(void);

#endif
