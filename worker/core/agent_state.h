// SPDX-License-Identifier: MIT
/*
 * The agent's state, and what its two halves call of each other: agent.c has the
 * connection, time and the end; agent_message.c has what the coordinator says.  Pure;
 * private to worker/agent*.c.
 */
#ifndef WORKER_CORE_AGENT_STATE_H
#define WORKER_CORE_AGENT_STATE_H

#include "common/base/rng.h"
#include "worker/core/agent_effects.h"
#include "worker/core/agent_grants.h"

#define NEVER INT64_MAX

enum {
    FAR_MS = 60000, /* the farthest deadline asked for */
    MINUTE_MS = 60000,
    HURRY_MS = 250, /* between two tries to deliver the last results */
};

enum connection {
    CONNECTION_NONE,
    CONNECTION_DIALLED,
    CONNECTION_GREETING, /* Hello is sent */
    CONNECTION_JOINED,   /* Welcome has come, Resume is sent */
    CONNECTION_CLOSING,  /* by us; AGENT_LOST is to come */
    CONNECTION_OVER,     /* the agent has ended */
};

/* How far a drain has come. */
enum leaving {
    LEAVING_NOT,
    LEAVING_COMPUTES, /* what it holds, but takes no more */
    LEAVING_DELIVERS, /* nothing is left to compute; waits for answers */
};

enum timer {
    TIMER_RETRY,
    TIMER_HEARTBEAT,
    TIMER_SILENT,
    TIMER_IDLE,
    TIMER_GRACE,
    TIMER_ANSWERS,
    TIMER_MINUTE, /* volatility: each minute may be the last ... */
    TIMER_DEATH,  /* ... and this is when in it */
    TIMERS,
};

struct agent {
    struct agent_config config;
    struct rng rng;
    struct agent_grants hold;
    struct agent_effects out;

    int64_t now_ms, deadline_ms;
    int64_t at[TIMERS]; /* NEVER: not set */
    enum connection connection;
    enum leaving leaving;
    bool joined, ever_joined; /* on this connection; on any */
    bool broken; /* this connection ends by a fault that may well come again */
    bool started, signalled;
    bool more; /* another result comes in this turn: do not send yet */
    int64_t backoff_ms, heartbeat_ms, silent_ms;
    char why[TEXT_BYTES + 1];  /* why this connection ends, where we know; or "" */
    char told[TEXT_BYTES + 1]; /* the last failure that was noted; or "" */
};

static inline bool agent_is_connected(const struct agent *a)
{
    return a->connection == CONNECTION_GREETING || a->connection == CONNECTION_JOINED;
}

/* agent_message.c: what the coordinator has sent. */
void agent_on_message(struct agent *a, const struct msg *m);

/* ---- agent_leave.c ---- */

/* A change of state, for the log; the text is copied. */
void agent_say(struct agent *a, enum agent_event type, const char *text, int64_t ms);

/* Keeps a text, cut where it is too long; the two may overlap. */
void agent_remember(char at[TEXT_BYTES + 1], const char *text);

/* Closes the connection and tries again soon; break_off() after a fault that may well
 * come again, so ever less often. */
void agent_hang_up(struct agent *a, const char *why);
void agent_break_off(struct agent *a, const char *why);

/* Begins a drain, unless one is under way. */
void agent_begin_leaving(struct agent *a, const char *why);

/* Nothing more is computed: what is left goes back, what is computed is delivered. */
void agent_begin_delivery(struct agent *a);

/* Nothing happens any more. */
void agent_stop(struct agent *a);

/* Ends the agent now, with this exit status; the texts are copied. */
void agent_leave(struct agent *a, int status, const char *text, const char *hint);

#endif
