// SPDX-License-Identifier: MIT
/*
 * The compute threads.  Each has a queue of grants and computes their leases one after
 * the other, the lowest first, independently of the other threads; results go into one
 * mailbox.  Owns its threads and memory.  Call all functions from one thread, the event
 * loop's; pool threads call only wake().
 *
 * Leases are pi's or a program's.  A thread has a child of its own for each program,
 * from the first such lease on.
 *
 * Pool threads block all signals, so handlers run in the event loop's thread.
 */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

struct kernel;
struct offers;
struct program_failure;

struct pool_config {
    uint32_t threads;            /* at least 1 */
    const struct kernel *kernel; /* borrowed; from kernel_choose() */
    const struct offers *offers; /* borrowed; NULL: there are no programs */
    /* Called by a pool thread when the mailbox is no longer empty. */
    void (*wake)(void *ctx);
    void *ctx;
};

/* A grant with the set of its leases that are to be computed. */
struct pool_grant {
    uint64_t id, seed, first, count, leases; /* of a program: in units */
    uint32_t lease_log2;
    uint32_t program; /* 0: pi; i: number i of the offers, from 1 */
    const char *arg;  /* of a program; borrowed for the call of pool_assign() */
    bool score;
};

/* The result of a lease that was started: computed, cancelled before its end, or
 * failed.
 */
struct pool_done {
    uint64_t grant;
    uint32_t thread, lease;
    bool cancelled;
    struct program_failure *failure; /* of a program; NULL: it has not failed */
    uint64_t hits, micros;           /* micros: time spent computing */
    uint32_t n_pieces;               /* 0 if cancelled or failed */
    uint64_t pieces[LEASE_PIECES];   /* last member, since only n_pieces are copied */
};

struct pool;

/* 0; or a negative errno if a thread could not be started: then there is no pool.
 * Programs are counted by only after pool_offer(). */
MUST_USE int pool_new(const struct pool_config *config, struct pool **ret);

/* Program i, from 1, has passed a self-test with this outcome; again, after it had
 * failed, its children are new ones. */
void pool_offer(struct pool *p, uint32_t program, uint64_t test, double rate);

/* Cancels running leases, joins the threads (about 10 ms, with programs up to half a
 * second) and frees p.  Accepts NULL. */
void pool_free(struct pool *p);

/* Appends a grant to the thread's queue, which has room for THREAD_GRANTS_MAX; more are
 * a bug. */
void pool_assign(struct pool *p, uint32_t thread, const struct pool_grant *g);

/* Removes leases from the thread's queue.  A running one is cancelled and still
 * reported; the others are not reported. */
void pool_unassign(struct pool *p, uint32_t thread, uint64_t grant, uint64_t leases);

/* Empties the mailbox and returns the number of results.  Those of one thread are in
 * the order in which it computed them.  *ret, and failures in it, are valid until the
 * next call. */
size_t pool_collect(struct pool *p, const struct pool_done **ret);

#endif
