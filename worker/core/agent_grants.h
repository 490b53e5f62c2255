// SPDX-License-Identifier: MIT
/*
 * What a worker holds: the grants, of each lease whether it is still to be computed
 * or computed and not answered, the results of the latter, and how fast each thread
 * is.  Also the messages that are about these: Resume, Results, Heartbeat, GiveBack.
 * Pure; private to worker/agent*.c.
 *
 * It owns its memory; a struct held is valid until all its leases are forgotten.
 */
#ifndef WORKER_CORE_AGENT_GRANTS_H
#define WORKER_CORE_AGENT_GRANTS_H

#include "common/base/map.h"
#include "common/base/ring.h"
#include "worker/core/agent_effects.h"

/* A grant.  A lease is in one of todo and computed, or forgotten. */
struct agent_grant {
    struct ring all;    /* of every grant, in the order in which they came */
    struct ring sender; /* of those with results to send */
    uint64_t id, first, count;
    uint8_t job[UID_BYTES], token[TOKEN_BYTES];
    uint32_t thread, lease_log2;
    uint64_t todo, computed;
    uint64_t unsent; /* computed, and not sent on this connection */
    uint64_t hits[GRANT_LEASES];
    uint8_t n_pieces[GRANT_LEASES];
    uint32_t stride;  /* room for the pieces of one lease */
    uint64_t *pieces; /* stride for each lease; NULL until there are some */
    size_t pieces_capacity;
};

/* Trials and microseconds, the older the less they weigh: their ratio is the rate. */
struct agent_thread {
    uint32_t grants;
    bool named; /* in the heartbeat that is being written */
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

/* Takes up grant i of the message.  NULL, or the sentence that says which rule of the
 * protocol it breaks; then nothing has changed. */
const char *agent_grants_add(struct agent_grants *h, const struct msg_grants *m,
                             size_t i, struct agent_grant **ret);

/* A lease's result, kept until forgotten.  Ignored where the lease is not to be
 * computed any more. */
void agent_grants_computed(struct agent_grants *h, const struct agent_input *input,
                           bool bare);

/* Forgets these leases, and the grant with the last of its leases. */
void agent_grants_forget(struct agent_grants *h, struct agent_grant *g,
                         uint64_t leases);

/* The connection is new: nothing has been sent on it. */
void agent_grants_unsend(struct agent_grants *h);

void grants_put_resume(struct agent_grants *h, struct agent_effects *out);
void grants_put_results(struct agent_grants *h,
                        struct agent_effects *out); /* what is unsent */
void grants_put_heartbeat(struct agent_grants *h, struct agent_effects *out);

/* Takes every lease still to be computed out of its queue and forgets it; tells the
 * coordinator where there is a connection to tell it on. */
void agent_grants_give_back(struct agent_grants *h, struct agent_effects *out,
                            bool connected);

#endif
