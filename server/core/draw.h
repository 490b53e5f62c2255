// SPDX-License-Identifier: MIT
/*
 * What is to be recomputed of a result: its worker's probation, chance that nobody
 * foresees, and what chance does not explain.  audit.c recomputes it.
 * docs/SECURITY.md has the policy and its figures.
 */
#ifndef SERVER_CORE_DRAW_H
#define SERVER_CORE_DRAW_H

#include "server/core/state.h"

enum {
    EXCLUSIONS_WHOLE =
        3,             /* exclusions of a job from which on all of it is recomputed */
    DRAW_ONE_LOG2 = 32 /* one draw, in the fixed point of the functions below */
};

/* One result of a worker, and what it has said of its parts. */
struct drawn_result {
    struct job *job;
    struct standing *standing;
    size_t share; /* of the worker in the job */
    struct range range;
    uint64_t hits;
    const uint64_t *pieces; /* hits of its sub-counts; or of all of it, as one */
    size_t n_pieces;        /* 1 to LEASE_PIECES */
    uint32_t unaudited;     /* the weight of earlier results that will be recomputed
                               whole, for which audit_add() was not called yet */
};

struct drawn {
    enum row_state state; /* of its row; ROW_WHOLE: all of it is to be recomputed */
    uint64_t pieces;      /* mask of the sub-counts to be recomputed; 0 if whole */
    bool probation;       /* one of the worker's first results */
};

/* Results of this worker in this job are never audited: they count as verified. */
static inline bool draw_exempt(const struct coord *c, const struct job *j,
                               const struct standing *s)
{
    return c->config.bare || j->record.audit == AUDIT_NONE || s->base->trusted ||
           s->base->by_token;
}

/* For how many of its first results those count that were recomputed: where trials take
 * long, a few of them are as good as ten results. */
uint32_t draw_weight(const struct job *j, uint32_t results, uint64_t trials);

/* Draws for a result of a worker that is not exempt, and updates its standing and its
 * share.  Results of one worker are drawn for in the order in which they came. */
struct drawn draw_result(struct coord *c, const struct drawn_result *r);

/* The trials of sub-count i of a result that has n of them. */
struct range draw_piece(struct range result, size_t i, size_t n);

/* A worker that had passed its probation was wrong: what untrusted workers say of the
 * job is drawn four times as often from now on, and recomputed as a whole after the
 * third, what they have said before included. */
void draw_escalate(struct job *j);

/* All that untrusted workers say of the job is recomputed. */
bool draw_whole(const struct job *j);

/* The average number of draws for a result of `trials` that ends at trial `end` of its
 * job, by a worker with n valid results in a row, after so many exclusions; rounded up.
 * Pure. */
uint64_t draw_rate(uint64_t n, uint64_t trials, uint64_t end, uint32_t exclusions);

/* The distance to the next draw, from 64 uniform bits: exponential, of mean 1.  Pure,
 * in integers, so that it is the same on all machines; at least 1. */
uint64_t draw_gap(uint64_t bits);

#endif
