// SPDX-License-Identifier: MIT
/*
 * A coordinator's core on a bench: a virtual clock, a store in memory that answers when
 * it is told to, and workers who do what the test says.  Every step is followed by
 * coord_check().  coord_fleet.h drives its peers.
 */
#ifndef TESTS_LIB_COORD_RIG_H
#define TESTS_LIB_COORD_RIG_H

#include "server/core/coord.h"
#include "tests/lib/naive_disk.h"
#include "tests/lib/seeded.h"

enum { HELD_MAX = 4096, CONNS_MAX = 2048 };

#define UNIT (UINT64_C(1) << 16)

/* A grant as its worker knows it. */
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
    struct update did; /* of the last step */
    struct disk disk;
    bool storing, stopped;
    uint64_t store_id;
    const struct record *records;
    size_t n_records;
    uint64_t recompute_id; /* the last that was asked for; 0 none */
    uint64_t recompute_first, recompute_count;
    conn_id conns;         /* numbers given out */
    bool beats[CONNS_MAX]; /* by connection: it sends heartbeats */
    struct agent_grant held[HELD_MAX];
    size_t n_held;
    uint8_t requests; /* submitted */
};

/* ---- life ---- */

/* Leases of one unit, one a grant, one grant a thread: what happens is easy to see. */
struct coord_config rig_config(void);

/* Ready, at 5,000 ms, with an empty disk.  Freed by rig_free(). */
struct rig *rig_new(struct coord_config config);
void rig_free(struct rig *r);

/* The process dies; the next one has what is on the disk.  All connections are gone. */
void rig_restart(struct rig *r);

/* ---- steps ---- */

/* Any input, at the rig's time; the deadline must lie within a second of it. */
void rig_step(struct rig *r, struct input input);

/* The time is now_ms. */
void rig_tick(struct rig *r, int64_t now_ms);

/* That comes from a connection, CONN_LOCAL included; that one is lost; a stop. */
void rig_message(struct rig *r, conn_id conn, struct msg m);
void rig_lost(struct rig *r, conn_id conn);
void rig_stop(struct rig *r, bool finish);

/* The transaction under way is on the disk; rig_settle: until none is under way. */
void rig_durable(struct rig *r);
void rig_settle(struct rig *r);

/* The store refuses what is under way, for this reason (a negative errno); -ENOSPC. */
void rig_refuse(struct rig *r, int status);
void rig_full(struct rig *r);

/* The last recomputation that was asked for is done, and tells the truth. */
void rig_recomputed(struct rig *r);

/* ---- what the last step did; the pointers live until the next one ---- */

/* The first message of that type to that connection; or NULL. */
const struct msg *rig_sent(const struct rig *r, conn_id conn, enum msg_type type);

/* The first event, and the first effect, of that type; or NULL. */
const struct event *rig_note(const struct rig *r, enum event_type type);
const struct effect *rig_effect(const struct rig *r, enum effect_type type);

bool rig_closed(const struct rig *r, conn_id conn);

/* What it answered about the grant, as sets of leases. */
struct verdict {
    uint64_t counted, covered, dropped, stale;
};
struct verdict rig_answered(const struct rig *r, conn_id conn, uint64_t grant);

/* It answered this about that grant to its worker. */
void rig_expect_verdict(const struct rig *r, const struct agent_grant *h,
                        uint64_t counted, uint64_t covered, uint64_t dropped,
                        uint64_t stale);

/* ---- what is true, and who holds what ---- */

/* Hits of [first, first + count): they add up. */
uint64_t truth(uint64_t first, uint64_t count);

/* The grant of that number, as that worker holds it; or NULL. */
struct agent_grant *rig_held_id(struct rig *r, conn_id conn, uint64_t grant);

#endif
