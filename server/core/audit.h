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

/* The range of an audit was recomputed.  True: the audit has passed and is gone. False:
 * *ret_wrong is the wrong result, and the audit stays until its worker is excluded. */
bool audit_recomputed(struct coord *c, struct recomputation *r,
                      struct audit_record *ret_wrong);

/* The job neither ends nor settles while a range of it is disputed, or while all that
 * untrusted workers have contributed is recomputed.  After each change of that. */
void audit_hold(struct job *j);

/* Drops all audits that are due: of that standing, of the worker, of the job. */
void audit_forget(struct coord *c, const struct standing *s);
void audit_forget_worker(struct coord *c, uint64_t worker);
void audit_forget_job(struct coord *c, const struct job *j);

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
