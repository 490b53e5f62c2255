// SPDX-License-Identifier: MIT
/*
 * Jobs: which there are, their states, how long they run, and what is shown of them.
 */
#ifndef SERVER_CORE_JOB_H
#define SERVER_CORE_JOB_H

#include "server/core/state.h"

/* How late leases may be when the running time of their job is over. */
enum { JOB_LATE_MS = 10000 };

void job_release(struct coord *c); /* all of them */

/* A job, or NULL: any by its number or the id of the request that submitted it, an
 * active one by its uid; the newest active one, or else the newest. */
struct job *job_by_number(const struct coord *c, uint64_t number);
struct job *job_by_uid(const struct coord *c, const uint8_t uid[UID_BYTES]);
struct job *job_by_request(const struct coord *c, const uint8_t request[UID_BYTES]);
struct job *job_current(const struct coord *c);

/* Done, cancelled or failed; and whether new leases may be granted. */
bool job_ended(const struct job *j);
bool job_leasable(const struct job *j);

/* Adds a job with the next number.  of: what it counts, which must fit; NULL: pi. */
struct job *job_add(struct coord *c, const struct job_record *r,
                    const struct program_record *of);

/* Whether there is room for open jobs that count this. */
bool job_fits(struct coord *c, const struct program_record *of);

/* A job that was restored is of this program; false: that cannot be. */
MUST_USE bool job_restore_program(struct coord *c, struct job *j,
                                  const struct program_record *r);

/* The test of the kind is known from now on: so it is of its jobs. */
void job_know_tests(struct coord *c, const struct kind *k);

/* Its removal is durable: drops it with its answers.  Its number is not used again. */
void job_remove(struct coord *c, struct job *j);

/* After the last record: a job is not there that was never removed. */
bool job_missing(const struct coord *c);

/* Restores a job from its record, in the order of numbers; NULL if the record is
 * invalid. */
MUST_USE struct job *job_restore(struct coord *c, const struct record *r);

/* A lease of the job is being sent. */
void job_started(struct coord *c, struct job *j);

/* Sets the state, which the next transaction saves; the event is reported once it is
 * durable. */
void job_set_state(struct coord *c, struct job *j, enum job_state state,
                   enum event_type event);

/* Ends the job (cancelled, failed or done): drops its leases and makes no more. */
void job_end(struct coord *c, struct job *j, enum job_state state,
             enum event_type event);

/* Updates the elapsed time. */
void job_elapse(struct coord *c, struct job *j);

/* What it is at that time of the core's clock. */
int64_t job_elapsed_at(const struct job *j, int64_t now_ms);

/* The rate that is shown, in trials/s, at that time of the core's clock. */
double job_rate_at(const struct job *j, int64_t now_ms);

/* What it is reckoned from is brought up to date, whenever something of the job is
 * durable. */
void job_rate(const struct coord *c, struct job *j);

/* Anything of the job that decides whether it may be leased, or when its time is over,
 * has changed. */
void job_changed(struct coord *c, struct job *j);

/* Its timer is due: checks the stop rule by time. */
void job_timer(struct coord *c, struct job *j);

/* The job as replies would show it if the state in memory were durable. */
void job_show(const struct job *j, struct shown *ret);

/* It has not ended, or no longer: it is one of the active jobs, and offered for
 * leasing. */
void job_activate(struct coord *c, struct job *j);

/* Asserts the invariants of all jobs and their ledgers.  For tests. */
void job_check(const struct coord *c);

#endif
