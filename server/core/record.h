// SPDX-License-Identifier: MIT
/*
 * What a transaction holds: the hard state, and nothing else.  A store applies the
 * records of one transaction in order, all or none; docs/ARCHITECTURE.md shows the
 * state that they describe.  Leases are soft and never stored.  Pure.
 */
#ifndef SERVER_CORE_RECORD_H
#define SERVER_CORE_RECORD_H

#include "common/base/vec.h"
#include "common/wire/msg.h"

enum record_type {
    RECORD_JOB,      /* insert or replace the job of that number */
    RECORD_CLEAR,    /* remove the job's rows that lie within [first, end) */
    RECORD_ROW,      /* insert a row; none overlaps it */
    RECORD_SHARE,    /* insert or replace a worker's totals in a job */
    RECORD_BAN,      /* this worker id is excluded from now on; may replace one */
    RECORD_ANSWER,   /* a final answer of the job */
    RECORD_STANDING, /* insert or replace what is thought of a worker */
    RECORD_AUDIT,    /* insert an audit that is due; none has its id */
    RECORD_AUDITED,  /* remove it: it has passed, or its author is excluded */
};

/* Strings are arrays, so that a record can be kept by copying it. */
struct job_record {
    uint8_t uid[UID_BYTES], request[UID_BYTES];
    char name[NAME_BYTES + 1];
    enum job_state state;
    enum stop_rule rule;
    enum audit_policy audit;
    uint64_t seed;
    uint64_t trials; /* the answer's length; 0 while a stop rule has yet to find it */
    double until_stderr;
    int64_t for_ms, elapsed_ms;
    uint32_t weight;
    uint64_t frontier; /* no lease was granted beyond; ten seconds' work added */
    uint64_t computed_again;
};

struct row_record {
    uint64_t first, count, hits;
    uint64_t author; /* worker id; 0 in a settled cell */
    bool verified;   /* true in a settled cell */
};

struct share_record {
    uint64_t worker, trials, hits;
    char name[NAME_BYTES + 1];
};

struct ban_record {
    uint64_t worker;
    char reason[TEXT_BYTES + 1];
    bool revoke; /* its unsettled rows go in the same transaction */
};

/* As of the last audit that it passed, or of the last change of its trust. */
struct standing_record {
    uint64_t worker;
    uint64_t valid;  /* results in a row that were counted and not refuted */
    uint64_t passed; /* results that were audited and right */
    bool trusted;    /* named by an operator */
};

/* Trials of the job to be recomputed, and the hits that the worker said they have. */
struct audit_record {
    uint64_t id, worker, first, count, hits;
    uint32_t results; /* how many of them it stands for */
    bool whole;       /* a row of exactly this range is verified by it */
};

struct answer_record {
    uint64_t trials, hits;
    int64_t elapsed_ms;
};

struct record {
    enum record_type type;
    uint64_t job; /* number; 0 in a ban, a standing and RECORD_AUDITED */
    union {
        struct job_record job_;
        struct {
            uint64_t first, end;
        } clear;
        struct row_record row;
        struct share_record share;
        struct ban_record ban;
        struct answer_record answer;
        struct standing_record standing;
        struct audit_record audit;
        uint64_t audited; /* id */
    };
};

/* Records in order.  All zero: empty; free(items) releases it. */
struct record_list {
    struct record *items;
    size_t n, capacity;
};

static inline void record_push(struct record_list *to, const struct record *r)
{
    *VEC_PUSH(to) = *r;
}

#endif
