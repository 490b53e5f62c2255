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

/* Frees a standing that holds nothing worth keeping. */
void standing_forget(struct coord *c, struct standing *s);

/* By how many standard deviations the hits differ from the expected number. */
double standing_z(const struct standing *s);

/* More than chance explains: a broken kernel, or hits that were made up. */
bool standing_suspicious(const struct standing *s);

/* Trusted by an operator, started by this coordinator, or enough audits passed and none
 * due. */
bool standing_trusted(const struct standing *s);

/* Its word counts without audits: somebody who answers for it has named or started it.
 */
static inline bool standing_believed(const struct standing *s)
{
    return s->trusted || s->spawned;
}

/* An operator trusts the worker from now on. */
void standing_trust(struct coord *c, struct standing *s);

/* Its provisional rows become verified with the next transaction. */
void standing_vouch(struct coord *c, const struct standing *s);

/* It gets no work until it owes fewer recomputations (slices.h). */
bool standing_overdue(const struct standing *s);

/* Restores a standing from its record. */
void standing_restore(struct coord *c, const struct standing_record *r);

/* The ban of that worker, or NULL. */
const struct ban_record *standing_ban(const struct coord *c, uint64_t worker);

/* Keeps a copy of the ban; ignored if the worker is excluded already. */
void standing_ban_keep(struct coord *c, const struct ban_record *b);

/* Asserts what must be true of them, slowly.  For tests. */
void standing_check(const struct coord *c);

#endif
