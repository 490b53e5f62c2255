// SPDX-License-Identifier: MIT
/*
 * The state on the disk, and an independent checker: applies records like a store, and
 * checks the invariants of the state.  Shares no code with the ledger.  Owns its
 * memory. Pure.
 */
#ifndef TESTS_SIM_IMAGE_H
#define TESTS_SIM_IMAGE_H

#include "common/base/base.h"
#include "server/core/record.h"

enum { JOBS_MAX = 8, ANSWERS = 8 };
enum { EXCLUSIONS = 3 /* of a job, after which all of it is recomputed */ };

/* A sorted set of disjoint ranges of trials. */
struct ranges {
    struct range *at;
    size_t n, capacity;
};

void ranges_release(struct ranges *r);
void ranges_add(struct ranges *r, uint64_t first, uint64_t count);
bool ranges_hold(const struct ranges *r, uint64_t first, uint64_t count);

struct shown {
    uint64_t done, hits, verified_done, verified_hits, surplus;
    uint64_t rows_done, rows_hits; /* of all rows, surplus included */
    uint64_t doubtful;
    bool any_doubtful; /* row, surplus included */
};

struct image_job {
    bool there, removed; /* removed: its number is not used again */
    struct job_record record;
    struct program_record program;    /* no name: pi */
    struct row_record *rows, *before; /* before: copy from before the transaction */
    size_t n, n_before, capacity, before_capacity;
    bool touched;
    uint64_t changed, changed_end; /* trials in which the transaction changes rows */
    struct share_record *shares, *shares_before;
    size_t n_shares, n_shares_before;
    struct answer_record answers[ANSWERS];
    size_t n_answers;
    uint32_t exclusions;   /* before the transaction */
    struct shown shown;    /* of the current rows */
    struct shown reported; /* as last reported durable to the coordinator */
    bool reported_there;
    bool leaves; /* the commit that is being reported has removed it */
    enum job_state reported_state;
    /* Bounds of its running time: since it was added, without idle time. */
    int64_t from_us, looked_us, idle_us;
    bool idle;
};

/* That a worker was wrong in a program. */
struct image_excluded {
    uint64_t worker;
    char program[NAME_BYTES + 1];
};

struct image {
    struct image_excluded *excluded;
    size_t n_excluded, n_excluded_before;
    struct image_job jobs[JOBS_MAX + 1]; /* by number; 0 is not used */
    struct ban_record *bans;
    size_t n_bans, n_bans_before;
    struct standing_record *standings;
    size_t n_standings;
    struct record *audits;
    size_t n_audits;
    uint64_t *trusted; /* workers that are trusted by their tokens: no record says so */
    size_t n_trusted;
    uint64_t *pardoned; /* workers: what they left in doubt stays so */
    size_t n_pardoned;
    char why[300]; /* of the last violation */
};

void image_release(struct image *m);

/* Applies the records of a transaction.  False, with m->why, if they break an
 * invariant: overlapping rows, more hits than trials, a gap that is not allowed. */
MUST_USE bool image_apply(struct image *m, const struct record *records, size_t n);

/* That worker is trusted from now on. */
void image_trust(struct image *m, uint64_t worker);
bool image_pardoned(const struct image *m, uint64_t worker); /* ever */
bool image_trusts(const struct image *m, uint64_t worker);

/* The coordinator knows that the state is durable, so replies may show it.  Until it
 * has answered, a request from before the removal of a job in the same commit may still
 * be answered with what that job was: the two stand one after the other. */
void image_report(struct image *m);
void image_answered(struct image *m);

/* All state as records, jobs before their rows; the caller frees them. */
struct record *image_records(const struct image *m, size_t *ret_n);

bool image_covers(const struct image_job *j, uint64_t first, uint64_t count);
/* revoked: counts only bans that removed the worker's rows. */
bool image_banned(const struct image *m, uint64_t worker, bool revoked);
/* The worker is banned for being wrong, or excluded from what the job counts. */
bool image_barred(const struct image *m, const struct image_job *j, uint64_t worker);
/* In what the job counts; NULL for j: in pi. */
const struct standing_record *
image_standing(const struct image *m, const struct image_job *j, uint64_t worker);

/* log2 of the ledger's trials in one of the job's. */
static inline uint32_t image_unit(const struct image_job *j)
{
    return *j->program.name ? UNIT_LOG2 : 0;
}
uint32_t image_job_of(const struct image *m, const uint8_t uid[UID_BYTES]); /* or 0 */

/* The lowest checkpoint at or above x: m * 2^e, 32 <= m < 64, e >= 16. */
uint64_t checkpoint_from(uint64_t x);

#endif
