// SPDX-License-Identifier: MIT
/*
 * Audits: which results are recomputed and when, and what a passed audit verifies.
 * dispute.c excludes the workers whose results are wrong.  docs/SECURITY.md has the
 * figures of the policy.
 */
#ifndef SERVER_CORE_AUDIT_H
#define SERVER_CORE_AUDIT_H

#include "server/core/state.h"

void audit_init(struct coord *c);
void audit_release(struct coord *c);

/* One result of a worker, or several adjacent ones. */
struct audited_result {
    struct job *job;
    struct standing *standing;
    struct range range;
    uint64_t hits;
    uint32_t unaudited; /* earlier results that will be recomputed whole, for which
                           audit_add() was not called yet */
};

/* What to do with a result. */
struct audit_verdict {
    enum row_state state; /* the state of its row */
    bool piece;           /* recompute one of its sub-counts */
};

/* Draws whether the result is audited, and updates the standing of its worker. */
/* Results of this worker in this job are never audited: they count as verified. */
static inline bool audit_exempt(const struct coord *c, const struct job *j,
                                const struct standing *s)
{
    return c->config.bare || j->record.audit == AUDIT_NONE || s->trusted || s->spawned;
}

struct audit_verdict audit_draw(struct coord *c, const struct audited_result *r);

/* Queues an audit; its id and worker are filled in here. */
void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *what);

/* The range of an audit was recomputed.  True: the audit has passed and is gone. False:
 * *ret_wrong is the wrong result, and the audit stays until its worker is excluded. */
bool audit_recomputed(struct coord *c, struct recomputation *r,
                      struct audit_record *ret_wrong);

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
