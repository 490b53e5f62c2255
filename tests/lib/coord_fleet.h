// SPDX-License-Identifier: MIT
/*
 * Who talks to the coordinator on the bench: workers that join, resume and report, and
 * operators that ask.
 */
#ifndef TESTS_LIB_COORD_FLEET_H
#define TESTS_LIB_COORD_FLEET_H

#include "tests/lib/coord_rig.h"

/* ---- workers ---- */

/* A connection that has said nothing. */
conn_id rig_connect(struct rig *r);

/* The id is the worker's, by way of its secret (rig_config). */
struct msg rig_hello(enum role role, const char *name, uint64_t id, uint32_t threads);

/* Resume with what the worker still holds of those grants, which are this
 * connection's from now on. */
void rig_resume(struct rig *r, conn_id conn, struct agent_grant *const *list, size_t n);

/* Connected and welcomed, and it sends heartbeats; rig_join: with an empty Resume. */
conn_id rig_welcomed(struct rig *r, uint64_t id, uint32_t threads);
conn_id rig_join_wide(struct rig *r, uint64_t id, uint32_t threads);
conn_id rig_join(struct rig *r, uint64_t id);

/* Comes back with the grants listed; those that had the old connection move along. */
conn_id rig_rejoin(struct rig *r, uint64_t id, struct agent_grant *const *list,
                   size_t n);

/* The newest grant of the worker; fails where it has none. */
struct agent_grant *rig_held(struct rig *r, conn_id conn);

/* The oldest that it has not reported in full; or NULL. */
struct agent_grant *rig_oldest(struct rig *r, conn_id conn);

/* How many it was ever given. */
size_t rig_grants_of(const struct rig *r, conn_id conn);

/* Reports those leases; to each count of hits `lie` is added.  rate: trials/s. */
void rig_report_as(struct rig *r, struct agent_grant *h, uint64_t leases, uint64_t lie,
                   uint64_t rate);
void rig_report(struct rig *r, struct agent_grant *h, uint64_t leases);

void rig_beat(struct rig *r, conn_id conn);

/* Time passes; all workers that have joined send heartbeats; the store is idle. */
void rig_wait(struct rig *r, int64_t ms);

/* All workers report whatever they hold, until nobody holds anything. */
void rig_work(struct rig *r);

/* ---- operators ---- */

/* Requests to send or to change; a submission has the seed 42. */
struct msg rig_request(enum request_verb verb, uint64_t job);
struct msg rig_submission(uint8_t request, enum stop_rule rule, uint64_t trials);

/* What the last step replied to the local operator; fails where it did not. */
const struct msg_reply *rig_reply(const struct rig *r);

/* Sends it; what follows is on the disk before this returns.  The job replied. */
struct job_view rig_ask(struct rig *r, struct msg request);

/* Submits a job of so many trials; its number. */
uint64_t rig_job(struct rig *r, uint64_t trials);

/* What status shows of the job; its strings live until the next step. */
struct job_view rig_view(struct rig *r, uint64_t job);

/* Sends it; it is refused at once, with that code. */
void rig_expect_error(struct rig *r, struct msg request, enum error_code code);

/* Done, with the hits that it must have. */
void rig_expect_done(struct rig *r, uint64_t job, uint64_t trials);

#endif
