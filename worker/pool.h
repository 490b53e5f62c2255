// SPDX-License-Identifier: MIT
/*
 * The compute threads.  Each has a queue of grants and counts their leases one after
 * the other, the lowest first, without waiting for anybody; results go into one
 * mailbox.  Owns its threads and memory.  All functions are called from one thread,
 * the loop's; only wake() is called from others.
 *
 * Pool threads have every signal blocked, so handlers run in the loop's thread.
 */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

struct kernel;

struct pool_config {
    uint32_t threads;            /* at least 1 */
    const struct kernel *kernel; /* borrowed; from kernel_choose() */
    /* The mailbox was empty and no longer is; from a pool thread, so uv_async_send().
     */
    void (*wake)(void *ctx);
    void *ctx;
};

/* A grant, or what is left of it: the leases of a mask. */
struct pool_grant {
    uint64_t id, seed, first, count, leases;
    uint32_t lease_log2;
};

/* A lease that was begun: computed, or (cancelled) stopped on the way. */
struct pool_done {
    uint64_t grant;
    uint32_t thread, lease;
    bool cancelled;
    uint64_t hits, micros;
    uint32_t n_pieces;             /* 0 if cancelled */
    uint64_t pieces[LEASE_PIECES]; /* the last member: only n_pieces are copied */
};

struct pool;

/* 0; or the negative errno with which a thread could not be started, and no pool. */
MUST_USE int pool_new(const struct pool_config *config, struct pool **ret);

/* Stops what is being computed and joins the threads, within 10 ms or so.  Accepts
 * NULL. */
void pool_free(struct pool *p);

/* Puts a grant at the end of the thread's queue, which holds at most
 * THREAD_GRANTS_MAX. */
void pool_assign(struct pool *p, uint32_t thread, const struct pool_grant *g);

/* Takes leases out of the thread's queue.  The one being computed stops, and is still
 * reported; the others are never heard of. */
void pool_unassign(struct pool *p, uint32_t thread, uint64_t grant, uint64_t leases);

/* Empties the mailbox: returns how many results there are, in the order in which each
 * thread computed them.  They are valid until the next call. */
size_t pool_collect(struct pool *p, const struct pool_done **ret);

#endif
