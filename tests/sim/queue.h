// SPDX-License-Identifier: MIT
/*
 * Scheduled events: a heap of {at, id}, in which the id breaks ties, so that the order
 * is deterministic.  Owns its array.  Pure.
 */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include <stdbool.h>

#include "common/base/base.h"

enum sim_event_type {
    SIM_ARRIVE,     /* who: link, arg: side; a piece of the stream arrives */
    SIM_READ,       /* who: link, arg: side; a slow reader continues */
    SIM_STRANGER,   /* who: link; the time for the first frame is over */
    SIM_HOST_LOST,  /* who: link; the coordinator learns of its own close */
    SIM_HOST_TICK,  /* arg: the coordinator's life, also in those below */
    SIM_COMMIT,     /* the oldest transaction is written or refused */
    SIM_DURABLE,    /* the coordinator is told */
    SIM_RECOMPUTED, /* who: slot */
    SIM_TOKEN,      /* who: slot; the reply to EFFECT_TOKEN */
    SIM_HOST_CRASH,
    SIM_HOST_STOP,
    SIM_HOST_KILL, /* a stop takes too long */
    SIM_HOST_START,
    SIM_HOST_FREEZE,
    SIM_HOST_THAW,
    SIM_WORKER_START, /* who: place in the plan */
    SIM_WORKER_DIAL,  /* who: worker, also in those below */
    SIM_WORKER_LOST,  /* it learns of its own close */
    SIM_WORKER_TICK,
    SIM_WORKER_COMPUTED, /* arg: thread and epoch */
    SIM_WORKER_REPORT,   /* the result is handed from the thread to the agent */
    SIM_WORKER_CONT,
    SIM_WORKER_TESTED, /* arg: program */
    SIM_OPERATOR,
    SIM_WATCHER,
    SIM_ROGUE,  /* who: rogue */
    SIM_FAULT,  /* who: kind of the fault */
    SIM_ORACLE, /* check everything */
    SIM_HEAL,   /* faults end */
    SIM_SCRIPT, /* who: step of a scenario */
};

struct sim_event {
    int64_t at_us;
    uint64_t id;
    enum sim_event_type type;
    uint32_t who;
    uint64_t arg;
};

struct queue {
    struct sim_event *events;
    size_t n, capacity;
    uint64_t next_id;
};

void queue_release(struct queue *q);
void queue_push(struct queue *q, struct sim_event e); /* the queue sets e.id */
bool queue_pop(struct queue *q, struct sim_event *ret);

#endif
