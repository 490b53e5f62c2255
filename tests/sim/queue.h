// SPDX-License-Identifier: MIT
/*
 * What is going to happen: a heap of {at, id}, where the id breaks ties, so that the
 * order never depends on chance.  Owns its array.  Pure.
 */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include <stdbool.h>

#include "common/base/base.h"

enum sim_event_type {
    SIM_ARRIVE,     /* who: link, arg: side; a piece of the stream is there */
    SIM_READ,       /* who: link, arg: side; a slow reader reads on */
    SIM_STRANGER,   /* who: link; time for the first frame is over */
    SIM_HOST_LOST,  /* who: link; the coordinator hears of its own close */
    SIM_HOST_TICK,  /* arg: the coordinator's life, as in all that follow */
    SIM_COMMIT,     /* the disk has decided about the oldest transaction */
    SIM_DURABLE,    /* and now the coordinator hears of it */
    SIM_RECOMPUTED, /* who: slot */
    SIM_TOKEN,      /* who: slot; the shell answers for its tokens */
    SIM_HOST_CRASH,
    SIM_HOST_STOP,
    SIM_HOST_KILL, /* a stop has taken too long */
    SIM_HOST_START,
    SIM_HOST_FREEZE,
    SIM_HOST_THAW,
    SIM_WORKER_START, /* who: place in the plan */
    SIM_WORKER_DIAL,  /* who: worker, as in what follows */
    SIM_WORKER_LOST,  /* it hears of its own close */
    SIM_WORKER_TICK,
    SIM_WORKER_COMPUTED, /* arg: thread and epoch */
    SIM_WORKER_REPORT,   /* the result leaves the thread's mailbox */
    SIM_WORKER_CONT,
    SIM_OPERATOR,
    SIM_WATCHER,
    SIM_ROGUE,  /* who: rogue */
    SIM_FAULT,  /* who: kind of fault */
    SIM_ORACLE, /* look at everything */
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
