// SPDX-License-Identifier: MIT
/*
 * The standing of each worker, and which ones are excluded.  It outlives the worker.
 */
#ifndef SERVER_CORE_STANDING_H
#define SERVER_CORE_STANDING_H

#include "server/core/state.h"

enum {
    PROBATION_RESULTS = 10, /* first results of a worker, all recomputed */
    AUDITS_A_WORKER = 64    /* audits due at which a worker gets no more work for now */
};

void standing_init(struct coord *c);
void standing_release(struct coord *c);

/* The standing of the worker, added if necessary. */
struct standing *standing_of(struct coord *c, uint64_t worker);

/* Whether anything is known of that worker. */
bool standing_known(const struct coord *c, uint64_t worker);

/* Frees a standing that holds nothing worth keeping. */
void standing_forget(struct coord *c, struct standing *s);

/* By how many standard deviations the hits differ from the expected number. */
double standing_z(const struct standing *s);

/* Trusted by an operator or by its token, or enough audits passed and none
 * due. */
bool standing_trusted(const struct standing *s);

/* Its word counts without audits: somebody who answers for it has named or started it.
 */
static inline bool standing_believed(const struct standing *s)
{
    return s->trusted || s->by_token;
}

/* An operator trusts the worker from now on. */
void standing_trust(struct coord *c, struct standing *s);

/* From now on it is on the footing that its audits give. */
void standing_untrust(struct coord *c, struct standing *s);

/* Its provisional rows become verified with the next transaction. */
void standing_vouch(struct coord *c, struct standing *s);

/* The worker of that share of the job, or of any, may have provisional rows in it: a
 * vouch will look there. */
void standing_unsure(struct coord *c, struct job *j, size_t share);
void standing_unsure_all(struct coord *c, struct job *j);

/* The job has ended: no vouch looks there any more. */
void standing_sure_all(struct coord *c, struct job *j);

/* It gets no work until it owes fewer recomputations (slices.h). */
bool standing_overdue(const struct standing *s);

/* Restores a standing from its record. */
void standing_restore(struct coord *c, const struct standing_record *r);

/* The ban of that worker, or NULL. */
const struct ban_record *standing_ban(const struct coord *c, uint64_t worker);

/* Keeps a copy of the ban; ignored if the worker is excluded already. */
void standing_ban_keep(struct coord *c, const struct ban_record *b);

/* Removes the ban of that worker, which must have one, here and from the store.  Where
 * it was found wrong it is on probation again. */
void standing_pardon(struct coord *c, uint64_t worker);

/* Asserts what must be true of them, slowly.  For tests. */
void standing_check(const struct coord *c);

#endif
