// SPDX-License-Identifier: MIT
/* Cycle counters (worker/cycles.h). */
#include "worker/cycles.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cycles cycles_open(void)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof(attr),
        .config = PERF_COUNT_HW_CPU_CYCLES,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd >= 0)
        return (struct cycles){CYCLES_CORE, (int)fd};
#ifdef __x86_64__
    return (struct cycles){CYCLES_TSC, -1};
#else
    return (struct cycles){CYCLES_NONE, -1};
#endif
}

void cycles_close(struct cycles *c)
{
    if (c->kind == CYCLES_CORE)
        close(c->fd);
    c->kind = CYCLES_NONE;
}

uint64_t cycles_now(const struct cycles *c)
{
    uint64_t n = 0;
    switch (c->kind) {
    case CYCLES_CORE:
        return read(c->fd, &n, sizeof(n)) == (ssize_t)sizeof(n) ? n : 0;
    case CYCLES_TSC:
#ifdef __x86_64__
        n = __builtin_ia32_rdtsc();
#endif
        return n;
    case CYCLES_NONE:
        break;
    }
    return 0;
}
