// SPDX-License-Identifier: MIT
/*
 * The content of a transaction: hard state only.  A store applies the records of a
 * transaction in order, all or none; docs/ARCHITECTURE.md describes that state.  Leases
 * are soft state and never stored.  Pure.
 */
#ifndef SERVER_CORE_RECORD_H
#define SERVER_CORE_RECORD_H

#include "common/base/vec.h"
#include "common/wire/msg.h"

enum record_type {
    RECORD_JOB,     /* insert or replace the job of that number */
    RECORD_PROGRAM, /* insert or replace what the job is of, if it is not of pi */
    RECORD_CLEAR,   /* remove the job's rows that lie within [first, end) */
    RECORD_ROW,     /* insert a row; none overlaps it */
    RECORD_SHARE,   /* insert or replace a worker's totals in a job */
    RECORD_BAN, /* this worker id is excluded from now on; may replace an earlier one */
    RECORD_PARDON,   /* remove the ban of a worker; there may be none */
    RECORD_ANSWER,   /* a final answer of the job */
    RECORD_STANDING, /* insert or replace the standing of a worker */
    RECORD_AUDIT,    /* insert an audit that is due; none has its id */
    RECORD_AUDITED,  /* delete it: passed, or its author is excluded */
    /* Remove the job and all that is kept of it: rows, shares, answers, audits.  Its
     * number is not used again.  A store gives back only the highest such number. */
    RECORD_RM,
};

/* Strings are arrays, so that a copy of a record owns its strings. */
struct job_record {
    uint8_t uid[UID_BYTES], request[UID_BYTES];
    char name[NAME_BYTES + 1];
    enum job_state state;
    enum stop_rule rule;
    enum audit_policy audit;
    uint64_t seed;
    uint64_t trials; /* the length of the answer; 0 until a stop rule has found it */
    double until_stderr;
    int64_t for_ms, elapsed_ms;
    /* Unix time, for display only; 0: not known, or not yet.  started: its first lease;
     * ended: extend makes it 0 again. */
    int64_t submitted_ms, started_ms, ended_ms;
    uint32_t weight;
    uint64_t frontier; /* beyond all grants, by ten seconds of work */
    uint64_t computed_again;
    uint32_t
        exclusions; /* workers that were wrong after probation: server/core/draw.h */
};

struct row_record {
    uint64_t first, count, hits;
    uint64_t author; /* worker id; 0: unknown */
    bool verified;   /* true where the author is unknown */
    bool doubtful;   /* known or feared to be wrong, in a job that has ended */
};

struct share_record {
    uint64_t worker, trials, hits;
    char name[NAME_BYTES + 1];
};

struct ban_record {
    uint64_t worker;
    char reason[TEXT_BYTES + 1];
    bool revoke; /* its rows are removed in the same transaction, or become doubtful */
};

/* As of its last passed audit or its last change of trust. */
struct standing_record {
    uint64_t worker;
    uint64_t valid;  /* number of counted results in a row that were not refuted */
    uint64_t passed; /* number of audited results that were right */
    bool trusted;    /* trusted by an operator; pi's only */
    char program[NAME_BYTES + 1]; /* "": pi */
    /* Of a program that it is excluded from, why, and the range that was wrong; count 0:
     * others count otherwise, and nobody could say who is right. */
    char excluded[TEXT_BYTES + 1];
    uint64_t job, first, count;
};

/* What a job of a program counts. */
struct program_record {
    char name[NAME_BYTES + 1]; /* "": pi, which has no record */
    char arg[ARG_BYTES + 1];
    double scale;
    bool score;      /* a trial counts 0 to 65,536, not 0 or 1 */
    bool test_known; /* whose self-test gave this counts it */
    uint64_t test;
};

/* A range of trials to recompute, and the hits that the worker reported for it. */
struct audit_record {
    uint64_t id, worker, first, count, hits;
    uint32_t results; /* number of results that it stands for */
    bool whole;       /* verifies the row of exactly this range */
};

struct answer_record {
    uint64_t trials, hits;
    int64_t elapsed_ms;
};

struct record {
    enum record_type type;
    uint64_t
        job; /* job number; 0 in what is of no job: bans, pardons, standings, audited */
    union {
        struct job_record job_;
        struct program_record program;
        struct {
            uint64_t first, end;
        } clear;
        struct row_record row;
        struct share_record share;
        struct ban_record ban;
        struct answer_record answer;
        struct standing_record standing;
        struct audit_record audit;
        uint64_t audited;  /* audit id */
        uint64_t pardoned; /* worker id */
    };
};

/* A list of records.  All zero: empty.  free(items) releases it. */
struct record_list {
    struct record *items;
    size_t n, capacity;
};

/* A record whose content the caller sets: of many, what is not of its type costs
 * nothing. */
static inline struct record *record_add(struct record_list *to, enum record_type type,
                                        uint64_t job)
{
    struct record *r = VEC_PUSH(to);
    r->type = type;
    r->job = job;
    return r;
}

static inline void record_push(struct record_list *to, const struct record *r)
{
    *VEC_PUSH(to) = *r;
}

#endif
