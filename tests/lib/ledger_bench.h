// SPDX-License-Identifier: MIT
/*
 * A ledger and its disk, by hand: after each step the ledger is checked, and after each
 * transaction the disk is compared with it.
 */
#ifndef TESTS_LIB_LEDGER_BENCH_H
#define TESTS_LIB_LEDGER_BENCH_H

#include "server/core/ledger_commit.h"
#include "tests/lib/ledger_model.h"

struct bench {
    struct ledger l;
    struct disk d;
    struct record_list out;
    size_t share; /* of worker 1 */
    int64_t now_ms;
};

/* Bounds of ranges that come back at 0 ms. */
#define KEPT(log2) ((struct bounds){log2, 10000})

/* Of a job of so many trials, that worker 1 computes. */
struct bench bench_new(uint64_t trials);

/* A job whose units below FAR are with somebody else: beyond it the slots are wide. */
#define FAR (UINT64_C(1) << 14)
struct bench bench_far(uint64_t trials);

void bench_free(struct bench *b);

/* As ledger_take(): there must be something to take. */
struct taken bench_take(struct bench *b, uint64_t grant, uint64_t from, uint64_t trials,
                        uint32_t log2);
void expect_taken(struct taken t, uint64_t first, uint64_t count, uint32_t log2);

/* The transaction is on the disk; and durable. */
void bench_flush(struct bench *b);
void bench_commit(struct bench *b);

/* The made-up hits of [first, end), whole units. */
uint64_t hits_of(uint64_t first, uint64_t end);

/* A result of the grant for [first, end), by the worker of b->share. */
void bench_count(struct bench *b, uint64_t grant, uint64_t first, uint64_t end);

/* Takes, counts and commits [first, end), which lies in one cell. */
void bench_fill(struct bench *b, uint64_t first, uint64_t end);

#endif
