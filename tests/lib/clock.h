// SPDX-License-Identifier: MIT
/*
 * The clock of a test program and of the libraries in it: clock_gettime() is replaced.
 * It goes as the machine's does until the test moves it, so that a deadline is met at
 * once.  Not for what waits in the kernel for a time of day, as uv_cond_timedwait().
 */
#ifndef TESTS_LIB_CLOCK_H
#define TESTS_LIB_CLOCK_H

#include <stdint.h>

/* The monotonic clocks go forward by so much. */
void clock_forward(int64_t ms);

/* From now on it is this time of day, which stands still; -1: it goes on. */
void clock_stop(int64_t unix_ms);

#endif
