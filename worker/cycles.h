// SPDX-License-Identifier: MIT
/*
 * A cycle counter for the calling thread: core cycles from Linux performance events if
 * they are available; otherwise, on x86-64, ticks of the time stamp counter, whose
 * fixed rate is independent of the core's clock.
 */
#ifndef WORKER_CYCLES_H
#define WORKER_CYCLES_H

#include <stdint.h>

enum cycles_kind { CYCLES_NONE, CYCLES_TSC, CYCLES_CORE };

struct cycles {
    enum cycles_kind kind;
    int fd; /* for CYCLES_CORE */
};

/* Opens the best kind available; never fails. */
struct cycles cycles_open(void);

void cycles_close(struct cycles *c);

/* The current count, from an arbitrary start; 0 for CYCLES_NONE. */
uint64_t cycles_now(const struct cycles *c);

#endif
