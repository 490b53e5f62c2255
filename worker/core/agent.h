// SPDX-License-Identifier: MIT
/*
 * The worker's core, the agent.  It tracks grants, decides what each thread computes
 * next, keeps unanswered results, and decides when to reconnect and when to leave.
 * Pure, like the coordinator's core (server/core/coord.h): inputs with the time go in,
 * effects come out.
 *
 * It keeps a computed result until the coordinator has answered it, across any number
 * of lost connections and coordinator restarts, and sends the same values again after
 * each reconnect.
 *
 * Memory is bounded: the coordinator may grant THREAD_GRANTS_MAX a thread.  Memory is
 * reused, so results cost no allocation once that many grants have been held at a time.
 */
#ifndef WORKER_CORE_AGENT_H
#define WORKER_CORE_AGENT_H

#include "common/net/conn_fault.h"
#include "common/wire/msg.h"

enum {
    AGENT_RETRY_MS = 500,       /* backoff: doubles with each failure, +-25 % */
    AGENT_RETRY_MAX_MS = 30000, /* upper bound of the backoff */
    AGENT_ANSWERS_MS = 2000,    /* a leaving worker waits for answers this long */
    AGENT_PROGRAM_MS = 600000,  /* after which a program that failed is tried again */
};

/* A program that this worker offers.  Strings are borrowed for the agent's life. */
struct agent_program {
    const char *name;
    uint64_t test;      /* of its self-test */
    double rate;        /* trials/s of a thread, by that */
    const char *failed; /* NULL; or why it has not passed the test: a sentence */
    const char *said;   /* then, the last lines of its standard error */
};

/* Strings and proof are borrowed for the agent's life; the bytes of the proof may
 * change before each AGENT_CONNECTED. */
struct agent_config {
    uint8_t secret[UID_BYTES];
    uint8_t random[32]; /* seed of the generator for reconnect jitter and volatility */
    const char *name, *version, *kernel;
    const uint8_t *proof;
    size_t proof_bytes;
    uint64_t test_hits;        /* the kernel's count in KERNEL_TEST_*; 0: not sent */
    uint32_t threads;          /* 1 to WORKER_THREADS_MAX */
    bool once;                 /* --once: leave when the connection ends */
    int64_t exit_when_idle_ms; /* leave after this long without work; -1: never */
    int64_t grace_ms;  /* a drain computes for at most this long; 0: not at all */
    double volatility; /* probability per minute of AGENT_DIE; 0: never */
    bool bare;         /* for benchmarks: send no sub-counts */
    const struct agent_program *programs; /* at most PROGRAMS_MAX, of different names */
    uint32_t n_programs;
};

enum agent_input_type {
    AGENT_CONNECTED, /* the requested connection is established */
    AGENT_FAILED,    /* it could not be established: text */
    AGENT_LOST,      /* the connection has ended: text, or NULL */
    AGENT_MESSAGE,
    AGENT_COMPUTED, /* a lease was computed or cancelled: computed */
    AGENT_DRAIN,    /* SIGTERM: hand back, finish within grace_ms, leave */
    AGENT_TICK,
    AGENT_TESTED, /* what AGENT_TEST asked for: tested */
    AGENT_BAD,    /* the peer sent no valid message or failed authentication: bad;
                     AGENT_LOST follows, or AGENT_FAILED before AGENT_CONNECTED */
};

struct agent_input {
    enum agent_input_type type;
    int64_t now_ms; /* monotonic: never less than in the previous step */
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
            const uint64_t *pieces; /* hits by piece (lease_piece()); borrowed */
            uint32_t n_pieces;
            bool cancelled;
            bool more; /* another result follows in this turn: send them together */
            /* NULL; or why the program could not compute it, as often as that was
             * tried: a sentence, and the last lines of its standard error.  There are
             * no hits then. */
            const char *failed, *said;
        } computed;
        struct {
            uint32_t program;   /* as in the effect */
            const char *failed; /* NULL: it has passed, with */
            const char *said;   /* as in struct agent_program */
            uint64_t test;
            double rate;
        } tested;
    };
};

enum agent_effect_type {
    AGENT_CONNECT,  /* open a connection; AGENT_CONNECTED or AGENT_FAILED follows */
    AGENT_SEND,     /* message */
    AGENT_CLOSE,    /* close it after sending what is queued; AGENT_LOST follows */
    AGENT_ASSIGN,   /* append these leases of a grant to the thread's queue */
    AGENT_UNASSIGN, /* remove these leases from the queue, or stop computing them.  A
                       lease that was started and not yet reported is reported by
                       AGENT_COMPUTED with cancelled; the others are not reported */
    AGENT_TEST,     /* run the program's self-test again; AGENT_TESTED follows */
    AGENT_EVENT,    /* a change of state, for the log: event */
    AGENT_DIE,      /* simulated crash (volatility): die by SIGKILL now */
    AGENT_EXIT,     /* leave with this status: exit */
};

enum agent_event {
    AGENT_EVENT_CONNECTING,
    AGENT_EVENT_RETRY,          /* text: why it failed, once for equal failures; ms */
    AGENT_EVENT_JOINED,         /* text: the name assigned by the coordinator */
    AGENT_EVENT_DISCONNECTED,   /* text: why; ms until the next attempt */
    AGENT_EVENT_DRAINING,       /* text: why */
    AGENT_EVENT_PROGRAM_FAILED, /* text: which program, and why */
    AGENT_EVENT_PROGRAM_BACK,   /* text: which program is offered again */
};

struct agent_effect {
    enum agent_effect_type type;
    union {
        struct msg message;
        struct {
            uint64_t grant, seed, first, count, leases;
            uint32_t thread, lease_log2;
            /* 0: pi; i: programs[i - 1], and all ranges are in units of 1/65,536 of its
             * trials, whole ones.  arg is valid until the next step. */
            uint32_t program;
            const char *arg;
            bool score; /* a trial counts up to 65,536 */
        } assign;       /* unassign uses grant, thread and leases */
        struct {
            uint32_t program; /* 1 to n_programs */
        } test;
        struct {
            enum agent_event type;
            const char *text;
            int64_t ms; /* until the next attempt */
        } event;
        /*
         * EXIT_DONE: text says why it left.  EXIT_UNREACHED: text is the reason.
         * EXIT_REFUSED: text continues a sentence that begins with the coordinator's
         * address ("refused this worker: ...").  hint may be empty.
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
    int64_t deadline_ms; /* when AGENT_TICK is due: in the future, within a minute */
};

struct agent;

struct agent *agent_new(const struct agent_config *config);
void agent_free(struct agent *a); /* accepts NULL */

/* The first step, of any type, requests the first connection.  After AGENT_EXIT or
 * AGENT_DIE a step does nothing. */
void agent_step(struct agent *a, const struct agent_input *input,
                struct agent_update *ret);

/* Counts leases: computed but not answered, and still to be computed. */
void agent_counts(const struct agent *a, uint32_t *ret_unanswered, uint32_t *ret_todo);

#endif
