// SPDX-License-Identifier: MIT
/*
 * A worker's grants.  Each lease is still to be computed, or it is computed and its
 * result is stored until the coordinator has answered it.  Also the speed of each
 * thread, and the messages about grants: Resume, Results, Heartbeat, GiveBack.  Pure;
 * private to worker/core.
 *
 * Owns its memory.  A struct agent_grant is valid until all its leases are forgotten.
 */
#ifndef WORKER_CORE_AGENT_GRANTS_H
#define WORKER_CORE_AGENT_GRANTS_H

#include "common/base/map.h"
#include "common/base/ring.h"
#include "worker/core/agent_effects.h"

/* A grant.  Masks of leases: a lease is in todo, in computed, or forgotten. */
struct agent_grant {
    struct ring all;    /* in the list of all grants, by arrival; or of spare ones */
    struct ring sender; /* in the list of grants with unsent results */
    uint64_t id, first, count;
    uint8_t job[UID_BYTES], token[TOKEN_BYTES];
    uint32_t thread, lease_log2;
    uint32_t program; /* 0: pi */
    uint64_t todo, computed;
    uint64_t unsent; /* computed, and not sent on this connection yet */
    uint64_t hits[GRANT_LEASES];
    uint8_t n_pieces[GRANT_LEASES];
    uint32_t stride;  /* the most pieces that one lease can have */
    uint64_t *pieces; /* `stride` for each lease; NULL before the first result */
    size_t pieces_capacity;
};

/* trials / micros is the rate; older measurements weigh less. */
struct agent_rate {
    double trials, micros;
};

struct agent_thread {
    uint32_t grants;
    bool named;               /* the heartbeat being built has a lease of it */
    struct agent_rate *rates; /* of pi, and of each program */
};

struct agent_grants {
    struct map by_id;
    struct ring all, senders, spare; /* spare: a free list */
    struct agent_thread *threads;
    struct agent_rate *rates;
    uint32_t n_threads, n_grants;
    uint32_t n_todo, n_computed; /* leases */
};

/* agent_grants_release() frees all memory. */
void agent_grants_init(struct agent_grants *set, uint32_t threads, uint32_t programs);
void agent_grants_release(struct agent_grants *set);

/* NULL: there is none. */
struct agent_grant *agent_grants_find(const struct agent_grants *set, uint64_t grant);

/* Adds grant i of the message.  NULL; or a sentence that says which protocol rule it
 * breaks, and nothing has changed. */
const char *agent_grants_add(struct agent_grants *set, const struct msg_grants *m,
                             size_t i, uint32_t program, struct agent_grant **ret);

/* Stores a lease's result until the lease is forgotten.  Ignores a lease that is no
 * longer to be computed. */
void agent_grants_computed(struct agent_grants *set, const struct agent_input *input,
                           bool bare);

/* Forgets these leases, and the grant once all its leases are forgotten. */
void agent_grants_forget(struct agent_grants *set, struct agent_grant *g,
                         uint64_t leases);

/* Drops all grants of the program: what is still to be computed is removed from its
 * queue. */
void agent_grants_drop(struct agent_grants *set, struct agent_effects *out,
                       uint32_t program);

/* Marks all results as unsent, for a new connection. */
void agent_grants_unsend(struct agent_grants *set);

/* Each adds a message to the effects.  Results: what is unsent. */
void grants_put_resume(struct agent_grants *set, struct agent_effects *out);
void grants_put_results(struct agent_grants *set, struct agent_effects *out);
void grants_put_heartbeat(struct agent_grants *set, struct agent_effects *out);

/* Removes every lease still to be computed from its queue and forgets it.  If
 * connected, tells the coordinator with GiveBack. */
void agent_grants_give_back(struct agent_grants *set, struct agent_effects *out,
                            bool connected);

#endif
