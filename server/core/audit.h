// SPDX-License-Identifier: MIT
/*
 * Audits: which results are recomputed, when, and what follows where they are right.
 * Who is wrong is excluded in dispute.c.  docs/SECURITY.md has the policy's figures.
 */
#ifndef SERVER_CORE_AUDIT_H
#define SERVER_CORE_AUDIT_H

#include "server/core/state.h"

void audit_init(struct coord *c);
void audit_release(struct coord *c);

/* A result, or several adjacent ones, of one worker. */
struct audited_result {
    struct job *job;
    struct standing *standing;
    struct range range;
    uint64_t hits;
    uint32_t unaudited; /* results before it that will be audited whole, once
                           audit_add() is called for them */
};

/* What becomes of it. */
struct audit_verdict {
    enum row_state state; /* in which it is counted */
    bool piece;           /* one of its sub-counts is to be audited */
};

struct audit_verdict audit_draw(struct coord *c, const struct audited_result *r);

/* One is due from now on; its id and its worker are filled in. */
void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *what);

/* Hands out what the budget allows. */
void audit_run(struct coord *c);
int64_t audit_deadline(const struct coord *c);

/* Of a recomputation: AUDIT_UNKNOWN where it is of none of the audits that are due. */
enum audit_outcome { AUDIT_UNKNOWN, AUDIT_PASSED, AUDIT_REFUTED };

/* The hits that picoord has counted.  Refuted: *ret_what is what was wrong, and the
 * audit stays until its worker is excluded. */
enum audit_outcome audit_recomputed(struct coord *c, uint64_t id, uint64_t hits,
                                    uint64_t micros, struct audit_record *ret_what);

/* None of the worker's is due any more. */
void audit_forget(struct coord *c, uint64_t worker);

/* In a flush: the job's rows that are verified now; and the records. */
void audit_flush_job(struct coord *c, struct job *j);
void audit_flush(struct coord *c);

/* False where the record cannot be true. */
MUST_USE bool audit_restore(struct coord *c, struct job *j,
                            const struct audit_record *r);

/* After the last record: what is provisional will be verified some day. */
void audit_restored(struct coord *c);

/* The same for a job that goes on. */
void audit_rows(struct coord *c, struct job *j);

#endif
