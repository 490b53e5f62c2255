// SPDX-License-Identifier: MIT
/*
 * Jobs: their states, how long they go on, and when they are done.
 */
#ifndef SERVER_CORE_JOB_H
#define SERVER_CORE_JOB_H

#include "server/core/state.h"

void job_release(struct coord *c); /* all of them */

struct job *job_by_number(const struct coord *c, uint64_t number); /* or NULL */
struct job *job_by_uid(const struct coord *c,
                       const uint8_t uid[UID_BYTES]); /* active */
struct job *
job_current(const struct coord *c); /* newest active, else newest, or NULL */
bool job_ended(const struct job *j);
bool job_leasable(const struct job *j);

/* A new one; its number is the next. */
struct job *job_add(struct coord *c, const struct job_record *r);

/* One of an earlier life; NULL where the record cannot be true. */
MUST_USE struct job *job_restore(struct coord *c, const struct record *r);

/* After its last row: it is shown as it was before the restart. */
void job_restored(struct job *j);

/* A lease of it goes out. */
void job_started(struct coord *c, struct job *j);
void job_set_state(struct coord *c, struct job *j, enum job_state state,
                   enum event_type event);

/* It is cancelled, failed or done: its leases are dropped, and no more are made. */
void job_end(struct coord *c, struct job *j, enum job_state state,
             enum event_type event);

/* Brings the elapsed time up to date. */
void job_elapse(struct coord *c, struct job *j);

/* The rate that is shown, in trials/s, at that time of the core's clock. */
double job_rate_at(const struct job *j, int64_t now_ms);

/* What it is reckoned from is brought up to date: in each tick, and whenever something
 * of the job is durable. */
void job_rate(const struct coord *c, struct job *j);

/* Of the stop rule by time. */
void job_tick(struct coord *c, struct job *j);
int64_t job_deadline(const struct coord *c, const struct job *j);

/* What would be shown if the state in memory were durable. */
void job_show(const struct job *j, struct shown *ret);

/* In a flush, after its rows: whether the stop rule is met, and all that follows. */
void job_settle(struct coord *c, struct job *j);

/* Asserts what must be true of all jobs and their ledgers.  For tests. */
void job_check(const struct coord *c);

#endif
