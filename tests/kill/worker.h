// SPDX-License-Identifier: MIT
/*
 * A worker that remembers: the real agent (worker/core/agent.h) on a plain socket, its
 * leases computed in place.  Whatever was answered COUNTED or COVERED is kept, and
 * whatever was ever sent as a result: the oracle of the campaign.
 */
#ifndef TESTS_KILL_WORKER_H
#define TESTS_KILL_WORKER_H

#include "common/base/arena.h"
#include "common/base/map.h"
#include "common/base/span.h"
#include "common/kernel/kernel.h"
#include "common/wire/frame.h"
#include "worker/core/agent.h"

enum {
    CLOCK_FASTER = 10, /* the agent's clock: it reconnects sooner */
    OUT_BYTES = 1 << 20,
};

/* What was told to any worker about one job. */
struct oracle {
    struct span_set answered, sent;
    uint64_t answers, again; /* ranges answered; those answered COVERED */
    uint64_t wrong;          /* answers to what was not asked */
};

struct work {
    uint64_t grant, seed, first, count, leases;
    uint32_t log2, next;
};

struct worker {
    struct agent *agent;
    struct oracle *oracle;
    const struct kernel *kernel;
    uint8_t secret[UID_BYTES];
    char name[16];
    int fd; /* -1: none */
    bool connecting, wants;
    struct frame_reader reader;
    uint8_t *out;
    size_t out_n;
    struct arena in_arena, out_arena;
    struct work *queue; /* of its one thread */
    size_t n_queue, queue_capacity;
    struct map grants; /* id -> struct work, of all that it was ever given */
    int64_t deadline_ms;
};

void worker_start(struct worker *w, struct oracle *oracle, const struct kernel *kernel,
                  int number);
void worker_end(struct worker *w);

/* One turn: what was read is taken, one lease is computed, what is due is sent.  port
 * 0: there is no coordinator. */
void worker_turn(struct worker *w, int port);

/* Adds [first, end) to a set that may hold some of it. */
void set_add(struct span_set *s, uint64_t first, uint64_t end);

#endif
