// SPDX-License-Identifier: MIT
#include "tests/lib/clock.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_llong ahead_ms, day_ms = -1;

int clock_gettime(clockid_t id, struct timespec *ret)
{
    int err = (int)syscall(SYS_clock_gettime, id, ret);
    long long ahead = atomic_load(&ahead_ms), day = atomic_load(&day_ms);
    if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME) {
        ret->tv_sec += (time_t)(ahead / 1000);
        ret->tv_nsec += (long)(ahead % 1000 * 1000000);
        if (ret->tv_nsec >= 1000000000) {
            ret->tv_sec++;
            ret->tv_nsec -= 1000000000;
        }
    }
    if (id == CLOCK_REALTIME && day >= 0)
        *ret = (struct timespec){(time_t)(day / 1000), (long)(day % 1000 * 1000000)};
    return err;
}

void clock_forward(int64_t ms)
{
    atomic_fetch_add(&ahead_ms, ms);
}

void clock_stop(int64_t unix_ms)
{
    atomic_store(&day_ms, unix_ms);
}
