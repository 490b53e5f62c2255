// SPDX-License-Identifier: MIT
/*
 * What is thought of each worker, and who is excluded.  It outlives the worker.
 */
#ifndef SERVER_CORE_STANDING_H
#define SERVER_CORE_STANDING_H

#include "server/core/state.h"

enum {
    PROBATION_RESULTS = 10, /* a worker's first results, which are recomputed in full */
    AUDITS_A_WORKER =
        64 /* with so many due it gets no more work until they are fewer */
};

void standing_init(struct coord *c);
void standing_release(struct coord *c);

/* Of a worker; made if need be. */
struct standing *standing_of(struct coord *c, uint64_t worker);

/* Drops one of which there is nothing to remember. */
void standing_forget(struct coord *c, struct standing *s);

/* By how many standard deviations its hits differ from what chance gives. */
double standing_z(const struct standing *s);

/* More than chance would give: a bad kernel, or somebody who makes hits up. */
bool standing_suspicious(const struct standing *s);

/* Its word goes: named by an operator, started here, or enough audits passed and none
 * due. */
bool standing_trusted(const struct standing *s);

/* An operator trusts it from now on. */
void standing_trust(struct coord *c, struct standing *s);

/* What it has contributed as provisional is verified with the next transaction. */
void standing_vouch(struct coord *c, const struct standing *s);

/* It has to wait for its audits. */
bool standing_overdue(const struct standing *s);

void standing_restore(struct coord *c, const struct standing_record *r);

/* The exclusion of that worker, or NULL. */
const struct ban_record *standing_ban(const struct coord *c, uint64_t worker);

/* Excludes one that is not excluded; a copy is kept. */
void standing_ban_keep(struct coord *c, const struct ban_record *b);

#endif
