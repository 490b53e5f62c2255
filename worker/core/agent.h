// SPDX-License-Identifier: MIT
/*
 * The worker's core: what it holds, what each thread computes next, what has been
 * computed and not been answered, when to connect again, when to leave.  As pure as
 * the coordinator's (server/core/coord.h): inputs with the time in, effects out.
 *
 * Its promise: a computed result is kept until it is answered, over any number of
 * lost connections and coordinators; after a reconnect the same values go again.
 *
 * Memory is bounded by what the coordinator may grant: THREAD_GRANTS_MAX a thread.
 * Nothing is allocated for a result once that many have been held at a time.
 */
#ifndef WORKER_CORE_AGENT_H
#define WORKER_CORE_AGENT_H

#include "common/net/conn_fault.h"
#include "common/wire/msg.h"

enum {
    AGENT_RETRY_MS = 500, /* doubles with each failure, +-25 %, to ... */
    AGENT_RETRY_MAX_MS = 30000,
    AGENT_ANSWERS_MS = 2000, /* a worker that leaves waits so long for answers */
};

/* Strings and proof are borrowed for the agent's life; the bytes of the proof may be
 * other ones at each AGENT_CONNECTED. */
struct agent_config {
    uint8_t secret[UID_BYTES];
    uint8_t random[32]; /* seeds the generator: jitter of reconnects, volatility */
    const char *name, *version, *kernel;
    const uint8_t *proof;
    size_t proof_bytes;
    uint64_t test_hits; /* what the kernel counts in KERNEL_TEST_*; 0: not told */
    uint32_t threads;   /* 1 to WORKER_THREADS_MAX */
    bool once;          /* leave when the connection ends: --once */
    int64_t exit_when_idle_ms; /* leave after so long without work; -1 never */
    int64_t grace_ms;  /* a drain computes on for at most so long; 0 not at all */
    double volatility; /* chance a minute of dying as by SIGKILL; 0 never */
    bool bare;         /* benchmarks: send no sub-counts */
};

enum agent_input_type {
    AGENT_CONNECTED, /* the connection asked for is there */
    AGENT_FAILED,    /* it could not be made: text */
    AGENT_LOST,      /* it is gone: text, or NULL */
    AGENT_MESSAGE,
    AGENT_COMPUTED, /* one lease, or part of one that was cancelled (cancelled: true) */
    AGENT_DRAIN,    /* SIGTERM: hand back, finish within grace_ms, leave */
    AGENT_TICK,
    AGENT_BAD, /* the peer sent what is no message, or is not who it should be: bad;
                  AGENT_LOST follows, or before AGENT_CONNECTED AGENT_FAILED
                */
};

struct agent_input {
    enum agent_input_type type;
    int64_t now_ms; /* never smaller than in the step before */
    union {
        const char *text;
        struct {
            enum conn_fault fault;
            const char *why;
        } bad;
        const struct msg *message;
        struct {
            uint32_t thread, lease;
            uint64_t grant;
            uint64_t hits, micros;
            const uint64_t *pieces; /* lease_piece() cuts them; borrowed */
            uint32_t n_pieces;
            bool cancelled;
            bool more; /* another one follows in this turn: results wait to go together
                        */
        } computed;
    };
};

enum agent_effect_type {
    AGENT_CONNECT,  /* make a connection; AGENT_CONNECTED or AGENT_FAILED follows */
    AGENT_SEND,     /* message */
    AGENT_CLOSE,    /* the connection, after what was sent; AGENT_LOST follows */
    AGENT_ASSIGN,   /* a grant: put its leases `leases` at the end of the thread's queue
                     */
    AGENT_UNASSIGN, /* take these leases out of the queue, or stop computing them;
                       each reports AGENT_COMPUTED with cancelled, if it was begun and
                       had not been reported; else it just disappears */
    AGENT_EVENT,    /* text: a change of state, for the log */
    AGENT_DIE,      /* volatility struck: end like SIGKILL, now */
    AGENT_EXIT,     /* leave with this status; text: why, hint */
};

enum agent_event {
    AGENT_EVENT_CONNECTING,
    AGENT_EVENT_RETRY, /* text: why it failed; ms until the next try.  Repeated failures
                         of one kind are noted once */
    AGENT_EVENT_JOINED,       /* text: the name that the coordinator gave */
    AGENT_EVENT_DISCONNECTED, /* text: why; ms until the next try */
    AGENT_EVENT_DRAINING,     /* text: why */
};

struct agent_effect {
    enum agent_effect_type type;
    union {
        struct msg message;
        struct {
            uint64_t grant, seed, first, count, leases;
            uint32_t thread, lease_log2;
        } assign; /* unassign uses grant, thread and leases */
        struct {
            enum agent_event type;
            const char *text;
            int64_t ms;
        } event;
        /*
         * 0: left on request, text says why.  3: not reached, text is the reason.
         * 4: text goes on from the coordinator's address ("refused this worker: ...").
         * hint may be empty.
         */
        struct {
            int status;
            const char *text, *hint;
        } exit;
    };
};

struct agent_update {
    const struct agent_effect *effects; /* in order; valid until the next step */
    size_t n;
    int64_t
        deadline_ms; /* AGENT_TICK is due then: later than now, by a minute at most */
};

struct agent;

struct agent *agent_new(const struct agent_config *config);
void agent_free(struct agent *a); /* accepts NULL */

/* The first step, of whatever type (a tick), asks for the first connection.  After
 * AGENT_EXIT or AGENT_DIE a step does nothing. */
void agent_step(struct agent *a, const struct agent_input *input,
                struct agent_update *ret);

/* Leases computed and not answered, and leases still to compute. */
void agent_counts(const struct agent *a, uint32_t *ret_unanswered, uint32_t *ret_held);

#endif
