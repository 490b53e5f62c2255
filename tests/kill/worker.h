// SPDX-License-Identifier: MIT
/*
 * A worker that records: the real agent (worker/core/agent.h) on a plain socket, which
 * computes its leases in the same thread.  Records all ranges answered COUNTED or
 * COVERED, and all results ever sent: the oracle of the campaign.
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
    CLOCK_FASTER = 10, /* the agent's clock runs faster, so that it reconnects sooner */
    OUT_BYTES = 1 << 20,
};

/* What workers were told about a job. */
struct oracle {
    struct span_set answered, sent;
    uint64_t answers, again; /* ranges answered; those answered COVERED */
    uint64_t wrong;          /* answers to results that were not sent */
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
    struct work *queue; /* of its only thread */
    size_t n_queue, queue_capacity;
    struct map grants; /* id -> struct work, of all grants ever received */
    int64_t deadline_ms;
};

void worker_start(struct worker *w, struct oracle *oracle, const struct kernel *kernel,
                  int number);
void worker_end(struct worker *w);

/* One turn: handles received messages, computes one lease, sends what is due.  port 0:
 * there is no coordinator. */
void worker_turn(struct worker *w, int port);

/* Adds [first, end) to a set that may contain part of it. */
void set_add(struct span_set *s, uint64_t first, uint64_t end);

#endif
