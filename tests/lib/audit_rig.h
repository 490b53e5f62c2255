// SPDX-License-Identifier: MIT
/*
 * A coordinator's core that audits, in a test: audits of any size, which are on its
 * disk already, and results with their sub-counts.
 */
#ifndef TESTS_LIB_AUDIT_RIG_H
#define TESTS_LIB_AUDIT_RIG_H

#include "tests/lib/coord_fleet.h"

#define GIANT (UINT64_C(1) << 44) /* trials: hours of recomputing */

/* percent: of --audit-cpu; 0 is the default. */
struct rig *audited_rig(uint32_t percent);

/* Submits a job of so many units; returns its number. */
uint64_t audited_job(struct rig *r, uint64_t units, enum audit_policy audit);

/* Puts an audit on the disk; it is due when the coordinator starts from there.  lie:
 * what is added to the hits that the worker has said. */
void add_audit(struct rig *r, uint64_t job, uint64_t id, uint64_t worker,
               struct range range, uint64_t lie);

/* The worker's result of its newest grant, of one unit: one sub-count.  All that
 * follows is durable. */
void audited_say_as(struct rig *r, conn_id conn, uint64_t lie);
void audited_say(struct rig *r, conn_id conn);

#endif
