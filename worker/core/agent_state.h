// SPDX-License-Identifier: MIT
/*
 * The agent's state and the functions that its files share.  agent.c: connection,
 * timers and exit.  agent_message.c: messages of the coordinator.  agent_leave.c:
 * disconnecting and leaving.  Pure; private to worker/core.
 */
#ifndef WORKER_CORE_AGENT_STATE_H
#define WORKER_CORE_AGENT_STATE_H

#include "common/base/rng.h"
#include "worker/core/agent_effects.h"
#include "worker/core/agent_grants.h"

#define NEVER INT64_MAX

enum {
    FAR_MS = 60000, /* the latest deadline after now */
    MINUTE_MS = 60000,
    HURRY_MS = 250, /* longest delay between attempts to deliver the last results */
};

enum connection {
    CONNECTION_NONE,
    CONNECTION_DIALLED,
    CONNECTION_GREETING, /* Hello is sent */
    CONNECTION_JOINED,   /* Welcome has come, Resume is sent */
    CONNECTION_CLOSING,  /* closed by this side; AGENT_LOST follows */
    CONNECTION_OVER,     /* the agent has ended */
};

/* The phase of a drain. */
enum leaving {
    LEAVING_NOT,
    LEAVING_COMPUTES, /* computes what it has, takes no new grants */
    LEAVING_DELIVERS, /* nothing left to compute; waits for answers */
};

enum timer {
    TIMER_RETRY,
    TIMER_HEARTBEAT,
    TIMER_SILENT,
    TIMER_IDLE,
    TIMER_GRACE,
    TIMER_ANSWERS,
    TIMER_MINUTE,  /* volatility: draw again */
    TIMER_DEATH,   /* volatility: AGENT_DIE */
    TIMER_PROGRAM, /* some program is to be tried again */
    TIMERS,
};

/* A program of the configuration, as it is now. */
struct program_now {
    bool failed;
    uint64_t test;
    double rate;
    int64_t retry_ms; /* NEVER: it is being tried, or need not be */
    char why[TEXT_BYTES + 1], said[STDERR_BYTES + 1];
};

struct agent {
    struct agent_config config;
    struct program_now *programs;
    struct rng rng;
    struct agent_grants grants;
    struct agent_effects out;

    int64_t now_ms, deadline_ms;
    int64_t at[TIMERS]; /* NEVER: not set */
    enum connection connection;
    enum leaving leaving;
    bool joined, ever_joined; /* on this connection; on any */
    bool broken; /* this connection ended by a fault that is likely to recur */
    bool started, signalled;
    bool more;    /* another result follows in this turn: do not send yet */
    bool returns; /* this connection ends so that another Hello can be said */
    int64_t backoff_ms, heartbeat_ms, silent_ms;
    char why[TEXT_BYTES + 1];          /* why this connection ends, or "" if unknown */
    char last_failure[TEXT_BYTES + 1]; /* the last one reported, or "" */
};

static inline bool agent_is_connected(const struct agent *a)
{
    return a->connection == CONNECTION_GREETING || a->connection == CONNECTION_JOINED;
}

/* agent_message.c: handles a message of the coordinator. */
void agent_on_message(struct agent *a, const struct msg *m);

/* ---- agent_programs.c ---- */

void agent_programs_init(struct agent *a);

/* The first step: those that failed before it are tried again later. */
void agent_programs_start(struct agent *a);

/* Fills in what Hello says of programs. */
void agent_put_offers(struct agent *a, struct msg_hello *hello);

/* Adds a Resume of what has failed, if anything has. */
void agent_put_failures(struct agent *a);

/* The number of the program of that name that may be computed; 0: pi; UINT32_MAX: there
 * is none. */
uint32_t agent_program_of(const struct agent *a, const char *name);

/* It has failed: its grants are dropped, and it is offered no more until it has passed
 * its test again. */
void agent_program_failed(struct agent *a, uint32_t program, const char *why,
                          const char *said);

/* Those that are due are tried again. */
void agent_try_programs(struct agent *a);
void agent_program_tested(struct agent *a, const struct agent_input *input);

/* ---- agent_leave.c ---- */

/* Adds an AGENT_EVENT; copies the text. */
void agent_add_event(struct agent *a, enum agent_event type, const char *text,
                     int64_t ms);

/* Copies a text, cut to TEXT_BYTES; the two may overlap. */
void agent_remember(char at[TEXT_BYTES + 1], const char *text);

/* Closes the connection.  agent_hang_up() reconnects soon; agent_break_off() is for
 * faults that are likely to recur and reconnects with backoff. */
void agent_hang_up(struct agent *a, const char *why);
void agent_break_off(struct agent *a, const char *why);

/* Starts a drain, unless one is in progress. */
void agent_begin_leaving(struct agent *a, const char *why);

/* Stops computing: gives back the rest and delivers what is computed. */
void agent_begin_delivery(struct agent *a);

/* Ends the agent: clears all timers. */
void agent_stop(struct agent *a);

/* Ends the agent with an AGENT_EXIT of this status; copies the texts. */
void agent_leave(struct agent *a, int status, const char *text, const char *hint);

#endif
