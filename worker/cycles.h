// SPDX-License-Identifier: MIT
/*
 * Cycles of the calling thread, where they can be had: the core's own, counted by the
 * kernel's performance events; else, on x86-64, ticks of the time stamp counter, which
 * have a fixed rate of their own and say nothing of how fast the core is clocked.
 */
#ifndef WORKER_CYCLES_H
#define WORKER_CYCLES_H

#include <stdint.h>

enum cycles_kind { CYCLES_NONE, CYCLES_TSC, CYCLES_CORE };

struct cycles {
    enum cycles_kind kind;
    int fd; /* of CYCLES_CORE */
};

/* The best kind there is here. */
struct cycles cycles_open(void);

void cycles_close(struct cycles *c);

/* So many until now, from some start; 0 for CYCLES_NONE. */
uint64_t cycles_now(const struct cycles *c);

#endif
