// SPDX-License-Identifier: MIT
/*
 * Whose turn it is: the jobs of each kind that may have something to lease, in heaps by
 * their use of threads.  Stride scheduling, across kinds too.  A job that turns out to
 * have nothing is taken off by who looks (schedule.c), and offered again when something
 * changes.
 */
#ifndef SERVER_CORE_TURN_H
#define SERVER_CORE_TURN_H

#include "server/core/state.h"

void turn_release(struct coord *c);

/* The job may have something to lease.  Idempotent.  It gets no extra share for the
 * time in which it had not. */
void turn_offer(struct coord *c, struct job *j);

/* The same, and some of that was leased before. */
void turn_offer_again(struct coord *c, struct job *j);

/* By what the item of a heap of that kind is compared with those of others. */
int64_t turn_pass(const struct kind *k, const struct heap_item *item);

/* Somebody may compute the kind now, which nobody could until now: its jobs get no
 * extra share for that time. */
void turn_served(struct coord *c, struct kind *k);

/* The job has used so many ms of a thread. */
void turn_charge(struct coord *c, struct job *j, int64_t ms);

/* The job has ended, or is to be of another kind: it is no longer in a heap. */
void turn_leave(struct job *j);

#endif
