// SPDX-License-Identifier: MIT
/*
 * Audits: when what was drawn is recomputed, and what a passed audit verifies.  draw.c
 * draws, dispute.c excludes the workers whose results are wrong.
 */
#ifndef SERVER_CORE_AUDIT_H
#define SERVER_CORE_AUDIT_H

#include "server/core/state.h"

void audit_init(struct coord *c);
void audit_release(struct coord *c);

/* Queues an audit; its id and worker are filled in here. */
void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *what);

/* Hands audits out for recomputation, within the CPU budget. */
void audit_run(struct coord *c);

/* When the budget allows the next audit, in ms; INT64_MAX: no timer needed. */
int64_t audit_deadline(const struct coord *c);

/* Result of a recomputation.  AUDIT_UNKNOWN: the id is of no audit that is due. */
enum audit_outcome { AUDIT_UNKNOWN, AUDIT_PASSED, AUDIT_REFUTED };

/* hits: as picoord has counted them; micros: CPU time.  AUDIT_REFUTED: *ret_what is the
 * wrong result, and the audit stays queued until its worker is excluded. */
enum audit_outcome audit_recomputed(struct coord *c, uint64_t id, uint64_t hits,
                                    uint64_t micros, struct audit_record *ret_what);

/* The job neither ends nor settles while a range of it is disputed, or while all that
 * untrusted workers have contributed is recomputed.  After each change of that. */
void audit_hold(struct job *j);

/* Drops all audits of the worker that are due. */
void audit_forget(struct coord *c, uint64_t worker);

/* During a flush: marks rows of the job verified, and adds the records of audits. */
void audit_flush_job(struct coord *c, struct job *j);
void audit_flush(struct coord *c);

/* False if the record is invalid. */
MUST_USE bool audit_restore(struct coord *c, struct job *j,
                            const struct audit_record *r);

/* After the last record: queues audits for provisional rows that have none. */
void audit_restored(struct coord *c);

/* The same for one job that continues. */
void audit_rows(struct coord *c, struct job *j);

/* Asserts what must be true of them, slowly.  For tests. */
void audit_check(const struct coord *c);

#endif
