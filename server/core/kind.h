// SPDX-License-Identifier: MIT
/*
 * What jobs count: pi, or programs by their names.  A kind is a program as one
 * self-test knows it; a worker may compute the kinds that it offers and is not kept
 * from.
 */
#ifndef SERVER_CORE_KIND_H
#define SERVER_CORE_KIND_H

#include "server/core/state.h"

void kind_init(struct coord *c);
void kind_release(struct coord *c);

/* The program of that name ("": pi).  program_of() adds it; NULL: there are too many.
 */
struct program *program_find(const struct coord *c, const char *name);
struct program *program_of(struct coord *c, const char *name);

/* The bit of a kind in sets of kinds; of none, none. */
static inline uint64_t kind_bit(const struct coord *c, const struct kind *k)
{
    return k ? UINT64_C(1) << (k - c->kinds.all) : 0;
}

/* The kind that a job with that program and self-test is of; NULL: too many are in
 * use. */
struct kind *kind_of(struct coord *c, struct program *p, bool test_known,
                     uint64_t test);

/* A job of the kind is open, or is so no longer. */
void kind_hold(struct kind *k);
void kind_drop(struct kind *k);

/* What the worker offers of that program; or NULL. */
const struct offer *kind_offer(const struct worker *w, const struct program *p);

/* The kinds that the worker offers: those that it may compute are fewer. */
uint64_t kinds_offered(const struct coord *c, const struct worker *w);

/* What is known of the rate of a thread of that worker at the program, in the ledger's
 * trials a second, before anything was seen; 0: nothing. */
uint64_t kind_expected_rate(const struct worker *w, const struct program *p);

/* picoord has what the job counts; and it can recompute that, which has not failed here
 * of late. */
bool kind_here(const struct job *j);
bool kind_own(const struct coord *c, const struct job *j);

#endif
