// SPDX-License-Identifier: MIT
/*
 * What is going to happen: a heap of {at, id}, where the id breaks ties, so that the
 * order never depends on chance.  Owns its array.  Pure.
 */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include <stdbool.h>

#include "common/base/base.h"

enum event_type {
    EVENT_ARRIVE,     /* who: link, arg: side; a piece of the stream is there */
    EVENT_READ,       /* who: link, arg: side; a slow reader reads on */
    EVENT_STRANGER,   /* who: link; time for the first frame is over */
    EVENT_HOST_LOST,  /* who: link; the coordinator hears of its own close */
    EVENT_HOST_TICK,  /* arg: the coordinator's life, as in all that follow */
    EVENT_COMMIT,     /* the disk has decided about the oldest transaction */
    EVENT_DURABLE,    /* and now the coordinator hears of it */
    EVENT_RECOMPUTED, /* who: slot */
    EVENT_TOKEN,      /* who: slot; the shell answers for its tokens */
    EVENT_HOST_CRASH,
    EVENT_HOST_STOP,
    EVENT_HOST_KILL, /* a stop has taken too long */
    EVENT_HOST_START,
    EVENT_HOST_FREEZE,
    EVENT_HOST_THAW,
    EVENT_WORKER_START, /* who: place in the plan */
    EVENT_WORKER_DIAL,  /* who: worker, as in what follows */
    EVENT_WORKER_LOST,  /* it hears of its own close */
    EVENT_WORKER_TICK,
    EVENT_WORKER_COMPUTED, /* arg: thread and epoch */
    EVENT_WORKER_REPORT,   /* the result leaves the thread's mailbox */
    EVENT_WORKER_CONT,
    EVENT_OPERATOR,
    EVENT_WATCHER,
    EVENT_ROGUE,  /* who: rogue */
    EVENT_FAULT,  /* who: kind of fault */
    EVENT_ORACLE, /* look at everything */
    EVENT_HEAL,   /* faults end */
    EVENT_SCRIPT, /* who: step of a scenario */
};

struct event {
    int64_t at_us;
    uint64_t id;
    enum event_type type;
    uint32_t who;
    uint64_t arg;
};

struct queue {
    struct event *events;
    size_t n, capacity;
    uint64_t next_id;
};

void queue_release(struct queue *q);
void queue_push(struct queue *q, struct event e); /* the queue sets e.id */
bool queue_pop(struct queue *q, struct event *ret);

#endif
