// SPDX-License-Identifier: MIT
/*
 * The peers of the coordinator's core in a test (coord_rig.h): workers that join,
 * resume and report, and operators with requests.
 */
#ifndef TESTS_LIB_COORD_FLEET_H
#define TESTS_LIB_COORD_FLEET_H

#include "tests/lib/coord_rig.h"

/* ---- workers ---- */

/* A new connection that has sent nothing. */
conn_id rig_connect(struct rig *r);

/* A Hello.  id: of the worker; its secret holds the id (rig_config). */
struct msg rig_hello(enum role role, const char *name, uint64_t id, uint32_t threads);

/* Sends Resume with the unreported leases of these grants, which then belong to this
 * connection. */
void rig_resume(struct rig *r, conn_id conn, struct agent_grant *const *list, size_t n);

/* Connects a worker, which is welcomed and from then on sends heartbeats.  The other
 * two send an empty Resume as well; rig_join(): a worker of one thread. */
conn_id rig_welcomed(struct rig *r, uint64_t id, uint32_t threads);
conn_id rig_join_wide(struct rig *r, uint64_t id, uint32_t threads);
conn_id rig_join(struct rig *r, uint64_t id);

/* Reconnects a worker with a Resume of these grants, which move to the new connection.
 */
conn_id rig_rejoin(struct rig *r, uint64_t id, struct agent_grant *const *list,
                   size_t n);

/* The newest grant of the worker; fails the test if it has none. */
struct agent_grant *rig_held(struct rig *r, conn_id conn);

/* Its oldest grant that is not fully reported; or NULL. */
struct agent_grant *rig_oldest(struct rig *r, conn_id conn);

/* The number of grants it has ever got. */
size_t rig_grants_of(const struct rig *r, conn_id conn);

/* Reports these leases (a mask), with `lie` added to each count of hits.  rate:
 * trials/s. */
void rig_report_as(struct rig *r, struct agent_grant *h, uint64_t leases, uint64_t lie,
                   uint64_t rate);
void rig_report(struct rig *r, struct agent_grant *h, uint64_t leases);

void rig_beat(struct rig *r, conn_id conn);

/* Time passes, and all joined workers send heartbeats.  No transaction becomes durable.
 */
void rig_wait(struct rig *r, int64_t ms);

/* All workers report all their leases, until none has a lease. */
void rig_work(struct rig *r);

/* ---- operators ---- */

/* Sizes as users get them: by measured rate, two grants in hand. */
struct coord_config rig_config_usual(void);

/* Its oldest grant is computed at that rate, trials a second, and reported with what
 * the worker says of its rate; all that follows is durable. */
void rig_works(struct rig *r, conn_id conn, uint64_t rate, uint64_t said);

/* The result of a grant of one lease, with its sub-counts. */
void rig_report_pieces(struct rig *r, struct agent_grant *h, const uint64_t *pieces,
                       uint32_t n);

/* Requests, to be sent as they are or changed first; a submission has seed 42. */
struct msg rig_request(enum request_verb verb, uint64_t job);
struct msg rig_submission(uint8_t request, enum stop_rule rule, uint64_t trials);

/* The reply of the last step to the local operator; fails the test if there is none. */
const struct msg_reply *rig_reply(const struct rig *r);

/* Sends the request and makes all that follows durable; the job in the reply. */
struct job_view rig_ask(struct rig *r, struct msg request);

/* Submits a job of so many trials; returns its number. */
uint64_t rig_job(struct rig *r, uint64_t trials);

/* The job as `status` shows it; its strings are valid until the next step. */
struct job_view rig_view(struct rig *r, uint64_t job);

/* Sends the request, which must be refused at once with that code. */
void rig_expect_error(struct rig *r, struct msg request, enum error_code code);

/* The job must be done, with the right number of hits. */
void rig_expect_done(struct rig *r, uint64_t job, uint64_t trials);

#endif
