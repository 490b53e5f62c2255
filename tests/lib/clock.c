// SPDX-License-Identifier: MIT
#include "tests/lib/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NS_A_MS = 1000000, NS_A_SECOND = 1000000000 };

static _Atomic int64_t ahead_ns, stands_ns = -1; /* -1: it goes */
static _Atomic int64_t day_ms = -1;

static bool is_monotonic(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
           clock == CLOCK_BOOTTIME;
}

/* In the place of the C library's, for libuv too. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
    long rc = syscall(SYS_clock_gettime, clock, ret);
    int64_t ns = (int64_t)ret->tv_sec * NS_A_SECOND + ret->tv_nsec;
    if (rc == 0 && is_monotonic(clock))
        ns = stands_ns >= 0 ? stands_ns : ns + ahead_ns;
    if (rc == 0 && clock == CLOCK_REALTIME && day_ms >= 0)
        ns = day_ms * NS_A_MS;
    ret->tv_sec = ns / NS_A_SECOND;
    ret->tv_nsec = ns % NS_A_SECOND;
    return (int)rc;
}

void clock_hold(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    stands_ns = (int64_t)now.tv_sec * NS_A_SECOND + now.tv_nsec;
}

void clock_leap(int64_t ms)
{
    ahead_ns += ms * NS_A_MS;
    if (stands_ns >= 0)
        stands_ns += ms * NS_A_MS;
}

void clock_release(void)
{
    stands_ns = -1;
}

void clock_stop(int64_t unix_ms)
{
    day_ms = unix_ms;
}
