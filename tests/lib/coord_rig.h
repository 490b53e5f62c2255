// SPDX-License-Identifier: MIT
/*
 * Drives a coordinator's core in a test: a virtual clock, and a store in memory that
 * answers when the test says so.  coord_check() follows every step.  coord_fleet.h has
 * the peers.
 */
#ifndef TESTS_LIB_COORD_RIG_H
#define TESTS_LIB_COORD_RIG_H

#include "server/core/coord.h"
#include "tests/lib/naive_disk.h"
#include "tests/lib/seeded.h"

enum { HELD_MAX = 4096, CONNS_MAX = 2048, SLICES_MAX = 256 };

#define UNIT (UINT64_C(1) << 16)

/* A grant, as its worker sees it. */
struct agent_grant {
    conn_id conn;
    uint64_t grant, first, count, seed, computing, unanswered;
    uint32_t thread, log2;
    uint8_t job[UID_BYTES], token[TOKEN_BYTES];
};

struct rig {
    struct coord *coord;
    struct coord_config config;
    int64_t now_ms;
    int64_t wall_ahead_ms; /* of Unix time to now_ms; 0: nobody says what time it is */
    struct update did;     /* of the last step */
    struct disk disk;
    bool storing, stopped;
    uint64_t store_id;
    const struct record *records;
    size_t n_records;
    uint64_t recompute_id; /* of the last EFFECT_RECOMPUTE; 0: none */
    uint64_t recompute_first, recompute_count;
    struct rig_slice {
        uint64_t id, seed, first, count;
    } slices[SLICES_MAX]; /* not recomputed yet, the oldest first */
    size_t n_slices;
    conn_id conns;         /* ids given out */
    bool beats[CONNS_MAX]; /* by connection: sends heartbeats */
    struct agent_grant held[HELD_MAX];
    size_t n_held;
    uint8_t requests; /* submitted */
};

/* ---- life ---- */

/* The simplest sizes: a lease of one unit, a grant of one lease, a grant per thread. */
struct coord_config rig_config(void);

/* A core that is ready, at 5,000 ms, with an empty disk.  Freed by rig_free(). */
struct rig *rig_new(struct coord_config config);
void rig_free(struct rig *r);

/* The process dies, and a new one starts from the disk.  All connections are gone. */
void rig_restart(struct rig *r);

/* ---- steps ---- */

/* Steps with any input at now_ms.  The new deadline must be within a second. */
void rig_step(struct rig *r, struct input input);

/* Sets the clock and steps. */
void rig_tick(struct rig *r, int64_t now_ms);

/* A message from a connection, which may be CONN_LOCAL; a lost connection; a stop. */
void rig_message(struct rig *r, conn_id conn, struct msg m);
void rig_lost(struct rig *r, conn_id conn);
void rig_stop(struct rig *r, bool finish);

/* The transaction under way becomes durable.  rig_settle(): repeats until none is under
 * way. */
void rig_durable(struct rig *r);
void rig_settle(struct rig *r);

/* The transaction under way fails with this negative errno.  rig_full(): -ENOSPC. */
void rig_refuse(struct rig *r, int status);
void rig_full(struct rig *r);

/* The last slice asked for is recomputed, with the right result. */
void rig_recomputed(struct rig *r);

/* The oldest slice is, and has taken so many microseconds.  Returns it. */
struct rig_slice rig_slice_counted(struct rig *r, uint64_t micros);

/* ---- effects of the last step; pointers are valid until the next one ---- */

/* The first message of that type to that connection; or NULL. */
const struct msg *rig_sent(const struct rig *r, conn_id conn, enum msg_type type);

/* The first event, and the first effect, of that type; or NULL. */
const struct event *rig_note(const struct rig *r, enum event_type type);
const struct effect *rig_effect(const struct rig *r, enum effect_type type);

/* Whether the core closed the connection. */
bool rig_closed(const struct rig *r, conn_id conn);

/* The answers about a grant, as masks of leases. */
struct verdict {
    uint64_t counted, covered, dropped, stale;
};
struct verdict rig_answered(const struct rig *r, conn_id conn, uint64_t grant);

/* The answers to the grant's worker must be these. */
void rig_expect_verdict(const struct rig *r, const struct agent_grant *h,
                        uint64_t counted, uint64_t covered, uint64_t dropped,
                        uint64_t stale);

/* ---- hits and grants ---- */

/* The made-up hits of [first, first + count), additive over ranges. */
uint64_t truth(uint64_t first, uint64_t count);

/* The grant with that id, of the worker of that connection; or NULL. */
struct agent_grant *rig_held_id(struct rig *r, conn_id conn, uint64_t grant);

#endif
