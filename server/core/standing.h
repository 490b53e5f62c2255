// SPDX-License-Identifier: MIT
/*
 * The standing of each worker, and which ones are excluded.  It outlives the worker.
 */
#ifndef SERVER_CORE_STANDING_H
#define SERVER_CORE_STANDING_H

#include "server/core/state.h"

enum {
    PROBATION_RESULTS =
        10,                /* first results of a worker, all recomputed; of a program */
    PROBATION_TRIALS = 64, /* no more than so many trials of them */
    AUDITS_A_WORKER = 64   /* audits due at which a worker gets no more work for now */
};

void standing_init(struct coord *c);
void standing_release(struct coord *c);

/* The standing of the worker in pi, which stands for the worker as a whole, added if
 * necessary; and that in a program, pi included. */
struct standing *standing_of(struct coord *c, uint64_t worker);
struct standing *standing_for(struct coord *c, uint64_t worker, struct program *p);

/* The same if it is there, from any of the worker's; or NULL. */
struct standing *standing_in(const struct standing *of, const struct program *p);

/* A walk over all standings; all zero begins it.  NULL: that was the last. */
struct standing_walk {
    size_t slot;
    struct standing *s;
};
struct standing *standing_next(const struct coord *c, struct standing_walk *at);

/* Whether anything is known of that worker. */
bool standing_known(const struct coord *c, uint64_t worker);

/* Frees the standings of a worker that hold nothing worth keeping. */
void standing_forget(struct coord *c, struct standing *base);

/* ---- programs ---- */

/* Excluded from the program; or that, or it owes too much of it to get more. */
bool standing_excluded(const struct standing *base, const struct program *p);
bool standing_kept_from(const struct standing *base, const struct program *p);

/* Its rows of the program do not count: it was wrong in it, or is excluded as a whole
 * because it was wrong. */
bool standing_barred(const struct coord *c, uint64_t worker, const struct program *p);

/* A program in which the worker was wrong, as somebody has found who counts; NULL: it
 * was not. */
const struct standing *standing_wrong(const struct coord *c, uint64_t worker);

/* Excludes the worker from the program; who says so takes its rows back. */
void standing_exclude(struct coord *c, struct standing *s, const char *reason,
                      uint64_t job, struct range wrong);

/* ---- trust ---- */

/* By how many standard deviations the hits differ from the expected number. */
double standing_z(const struct standing *s);

/* Trusted by an operator or by its token, or enough audits passed and none
 * due. */
bool standing_trusted(const struct standing *s);

/* Its word counts without audits: somebody who answers for it has named or started it.
 */
static inline bool standing_believed(const struct standing *s)
{
    return s->base->trusted || s->base->by_token;
}

/* An operator trusts the worker from now on. */
void standing_trust(struct coord *c, struct standing *base);

/* From now on it is on the footing that its audits give. */
void standing_untrust(struct coord *c, struct standing *base);

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

/* Restores a standing from its record; false: there are too many programs. */
MUST_USE bool standing_restore(struct coord *c, const struct standing_record *r);

/* The ban of that worker, or NULL. */
const struct ban_record *standing_ban(const struct coord *c, uint64_t worker);

/* Keeps a copy of the ban; ignored if the worker is excluded already. */
void standing_ban_keep(struct coord *c, const struct ban_record *b);

/* Takes back that the worker is excluded, from programs too, here and in the store.
 * Where it was found wrong it is on probation again. */
void standing_pardon(struct coord *c, uint64_t worker);

/* Asserts what must be true of them, slowly.  For tests. */
void standing_check(const struct coord *c);

#endif
