// SPDX-License-Identifier: MIT
/*
 * What is on the disk, and an independent checker of it: applies records as a store
 * would and knows, without sharing a line with the ledger, what must be true of them.
 * Owns its memory.  Pure.
 */
#ifndef TESTS_SIM_IMAGE_H
#define TESTS_SIM_IMAGE_H

#include "common/base/base.h"
#include "server/core/record.h"

enum { JOBS_MAX = 4, ANSWERS = 8, LIMITS = 16 };

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
};

struct image_job {
    bool there;
    struct job_record record;
    struct row_record *rows, *before; /* before: as they were before a transaction */
    size_t n, n_before, capacity, before_capacity;
    bool touched;
    struct share_record *shares;
    size_t n_shares;
    struct answer_record answers[ANSWERS];
    size_t n_answers;
    uint64_t limits[LIMITS]; /* every length that the answer was to have */
    size_t n_limits;
    struct shown shown;    /* of the rows now */
    struct shown reported; /* as last reported to the coordinator */
    bool reported_there;
    enum job_state reported_state;
    /* For how long it may have run: from when it was there, less what it lay idle. */
    int64_t from_us, looked_us, idle_us;
    bool idle;
};

struct image {
    struct image_job jobs[JOBS_MAX + 1]; /* by number; 0 is unused */
    struct ban_record *bans;
    size_t n_bans;
    struct standing_record *standings;
    size_t n_standings;
    struct record *audits;
    size_t n_audits;
    char why[300]; /* of the last refusal */
};

void image_release(struct image *m);

/* Applies the records of one transaction.  False, and m->why, where they break a rule
 * that holds for any store: overlaps, hits beyond trials, a gap where none may be. */
MUST_USE bool image_apply(struct image *m, const struct record *records, size_t n);

/* The coordinator has been told: this is what it may show. */
void image_report(struct image *m);

/* Everything as records, jobs before their rows; the caller frees them. */
struct record *image_records(const struct image *m, size_t *ret_n);

bool image_covers(const struct image_job *j, uint64_t first, uint64_t count);
/* revoked: for what it did, so that its rows went as well. */
bool image_banned(const struct image *m, uint64_t worker, bool revoked);
const struct standing_record *image_standing(const struct image *m, uint64_t worker);
uint32_t image_job_of(const struct image *m, const uint8_t uid[UID_BYTES]); /* or 0 */

/* The least checkpoint at or above x: m * 2^e, 32 <= m < 64, e >= 16. */
uint64_t checkpoint_from(uint64_t x);

#endif
