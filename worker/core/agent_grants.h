// SPDX-License-Identifier: MIT
/*
 * A worker's grants.  Each lease is still to be computed, or computed but not answered;
 * of the latter the results are kept.  Also the speed of each thread, and the messages
 * about grants: Resume, Results, Heartbeat, GiveBack.  Pure; private to worker/core.
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
    struct ring all;    /* of every grant, in the order in which they came */
    struct ring sender; /* of those with results to send */
    uint64_t id, first, count;
    uint8_t job[UID_BYTES], token[TOKEN_BYTES];
    uint32_t thread, lease_log2;
    uint64_t todo, computed;
    uint64_t unsent; /* computed but not sent on this connection */
    uint64_t hits[GRANT_LEASES];
    uint8_t n_pieces[GRANT_LEASES];
    uint32_t stride;  /* room for the pieces of one lease */
    uint64_t *pieces; /* stride for each lease; NULL until there are some */
    size_t pieces_capacity;
};

/* trials / micros is the rate; older measurements weigh less. */
struct agent_thread {
    uint32_t grants;
    bool named; /* already in the heartbeat under construction */
    double trials, micros;
};

struct agent_grants {
    struct map by_id;
    struct ring all, senders, spare; /* spare: memory for grants to come */
    struct agent_thread *threads;
    uint32_t n_threads, n_grants;
    uint32_t n_todo, n_computed; /* leases */
};

void agent_grants_init(struct agent_grants *h, uint32_t threads, uint64_t key);
void agent_grants_release(struct agent_grants *h);

struct agent_grant *agent_grants_find(const struct agent_grants *h,
                                      uint64_t grant); /* or NULL */

/* Adds grant i of the message.  NULL; or a sentence that says which protocol rule it
 * breaks, and nothing has changed. */
const char *agent_grants_add(struct agent_grants *h, const struct msg_grants *m,
                             size_t i, struct agent_grant **ret);

/* Stores a lease's result until the lease is forgotten.  Ignores a lease that is no
 * longer to be computed. */
void agent_grants_computed(struct agent_grants *h, const struct agent_input *input,
                           bool bare);

/* Forgets these leases, and the grant once all its leases are forgotten. */
void agent_grants_forget(struct agent_grants *h, struct agent_grant *g,
                         uint64_t leases);

/* Marks all results as unsent, for a new connection. */
void agent_grants_unsend(struct agent_grants *h);

/* Each adds a message to the effects.  Results: what is unsent. */
void grants_put_resume(struct agent_grants *h, struct agent_effects *out);
void grants_put_results(struct agent_grants *h, struct agent_effects *out);
void grants_put_heartbeat(struct agent_grants *h, struct agent_effects *out);

/* Removes every lease still to be computed from its queue and forgets it.  If
 * connected, tells the coordinator with GiveBack. */
void agent_grants_give_back(struct agent_grants *h, struct agent_effects *out,
                            bool connected);

#endif
