// SPDX-License-Identifier: MIT
/*
 * The coordinator's core: it decides everything about workers, jobs, leases, results
 * and answers.  coord_step() takes one input with the time and returns a list of
 * effects; the caller applies them after the step has returned.
 * coord_query() answers questions and changes nothing.
 *
 * Pure: no socket, file, clock, thread or log line.  Randomness comes from a generator
 * that the configuration seeds; the MAC and the hash are functions passed in; times are
 * milliseconds of any monotonic clock.  The same inputs give the same effects, byte for
 * byte.
 *
 * Guarantees (docs/ARCHITECTURE.md says how): a result is answered COUNTED or COVERED
 * only after the store has reported the transaction that holds it durable; every trial
 * of a finished job was counted exactly once; done, hits and estimates in replies are
 * of one committed state.
 */
#ifndef SERVER_CORE_COORD_H
#define SERVER_CORE_COORD_H

#include "common/base/arena.h"
#include "common/base/base.h"
#include "common/wire/msg.h"
#include "server/core/record.h"

/* Number of a connection, chosen by the caller and never reused.  0 is this process
 * itself: an operator that sends no Hello, for `picoord --trials`. */
typedef uint64_t conn_id;

enum { CONN_LOCAL = 0 };

/* What the token in a Hello permits. */
enum auth {
    AUTH_WORKER_TOKEN,
    AUTH_OPERATOR_TOKEN, /* permits workers too */
    AUTH_SPAWNED,        /* a worker that this coordinator started; it is trusted */
    AUTH_LOCAL_TOKEN,    /* a worker of the same user, trusted too */
    AUTH_WRONG,
    AUTH_ROTATED,     /* was valid before a rotation */
    AUTH_WORKER_ONLY, /* an operator sent a worker's token */
    AUTH_MISSING,
};

/* A program that has passed its self-test.  Only coord_new() reads it. */
struct coord_program {
    const char *name;
    uint64_t test;
    double rate; /* trials/s, by its self-test */
};

struct coord_config {
    uint8_t
        random[32]; /* seeds the generator of uids and seeds of jobs, which are seen */
    /* Secrets of this process; server/core/entropy.h. */
    uint8_t draw_key[16], map_key[16];
    void (*mac)(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES]);
    uint64_t (*worker_id)(void *ctx, const uint8_t secret[UID_BYTES]);
    /* Checks the proof in a Hello, which the core does not keep.  NULL: no token is
     * needed. */
    enum auth (*authorize)(void *ctx, enum role role, const uint8_t *proof,
                           size_t bytes);
    /* For the status: this process's resources now.  NULL: unknown. */
    void (*host)(void *ctx, struct host_view *ret);
    void *ctx;
    const char *version;
    enum audit_policy audit;      /* of jobs that are submitted without one */
    uint32_t new_ids_hour_origin; /* 0: LIMIT_NEW_IDS_HOUR_ORIGIN */

    /* CPU time for recomputations in % of one core, over several threads if it is more
     * than 100.  0: 5, and 100 for those of programs.  And how much there could be on
     * this machine, for advice. */
    uint32_t audit_percent, audit_percent_most;

    /* Programs that this picoord can count itself, so that they can be audited here. */
    const struct coord_program *programs;
    size_t n_programs;

    /* For tests and benchmarks.  0: the default, given here; users always get it. */
    int64_t grant_target_ms;     /* 1000 */
    uint32_t lease_log2;         /* from the measured rate */
    uint32_t grant_leases;       /* 64 */
    uint32_t grants_in_hand;     /* 2 for each thread */
    uint32_t transaction_leases; /* 65,536 */
    uint32_t new_ids_hour;       /* LIMIT_NEW_IDS_HOUR */
    uint32_t waiting_results;    /* LIMIT_WAITING_RESULTS, of one worker */
    bool bare; /* results may come without sub-counts, and there are no audits */
};

enum input_type {
    INPUT_CONNECTED, /* conn, address, origin, trusted */
    INPUT_MESSAGE,   /* conn, message */
    INPUT_LOST,      /* conn: closed by the peer, or by EFFECT_CLOSE */
    INPUT_TICK, /* the deadline has passed, and all input that was ready has been read
                 */
    INPUT_DURABLE, /* transaction; status: 0, or -ENOSPC, -ENOMEM, -EBUSY: nothing was
                      written */
    INPUT_RECOMPUTED, /* recompute: hits, and the CPU time used, in microseconds */
    INPUT_TOKEN,      /* conn, token: the answer to EFFECT_TOKEN */
    INPUT_STOP,       /* stop leasing; finish: wait for outstanding leases */
};

struct input {
    enum input_type type;
    int64_t now_ms;  /* never smaller than in the step before */
    int64_t wall_ms; /* Unix time; for display only; 0: not known */
    conn_id conn;
    union {
        struct {
            const char *address; /* for display: "10.0.0.7:51544" */
            uint64_t origin;     /* the same for one address; 0: this machine */
            bool trusted;        /* needs no token, whatever its role */
        };
        const struct msg *message;
        struct {
            uint64_t id;
            int status;
        } transaction;
        struct {
            uint64_t id, hits, micros;
            const char *failed; /* NULL; or why its program cannot count here: a phrase,
                                   and there are no hits */
        } recompute;
        /*
         * conn, request and the role are those of the effect.  status 0: a new token of
         * the role `rotated` is durable (0: none was requested), and authorize()
         * accepts it from this step on. There must be no step between the rotation and
         * this input: a peer that joined with the new token would be disconnected as a
         * holder of the old one.  Negative status: nothing has changed, and reason is a
         * phrase that says why (-ENOTSUP: this coordinator has no tokens; other errors
         * are those of the disk).
         */
        struct {
            uint32_t request;
            int status;
            enum role rotated;
            const char *reason;
            struct joins_view joins;
        } token;
        bool finish;
    };
};

/* What happened, for logs and viewers.  Comments name the member of struct event. */
enum event_type {
    EVENT_WORKER_JOINED,    /* arrival */
    EVENT_WORKER_RESUMED,   /* arrival; same secret, new connection */
    EVENT_WORKER_LEFT,      /* departure; the worker sent Bye */
    EVENT_WORKER_LOST,      /* departure */
    EVENT_WORKER_BANNED,    /* departure */
    EVENT_WORKER_PARDONED,  /* named; by an operator, and so the next two */
    EVENT_WORKER_TRUSTED,   /* named */
    EVENT_WORKER_UNTRUSTED, /* named */
    EVENT_PEER_REFUSED,     /* refused */
    EVENT_LEASE_EXPIRED,    /* expired */
    EVENT_LEASED_AGAIN,     /* lease: a range that was lost */
    EVENT_SPECULATED,       /* lease: a straggler's, now also with `worker` */
    EVENT_JOB_SUBMITTED,    /* job, and so all that follow */
    EVENT_JOB_STARTED,
    EVENT_JOB_PAUSED,
    EVENT_JOB_RESUMED,
    EVENT_JOB_EXTENDED,
    EVENT_JOB_DONE,
    EVENT_JOB_CANCELLED,
    EVENT_JOB_FAILED,
    EVENT_JOB_REMOVED,
    EVENT_STORE_FULL,      /* store */
    EVENT_STORE_RECOVERED, /* nothing */
    EVENT_TOKEN_ROTATED,   /* rotation */
    EVENT_DOUBT,           /* doubt */
    EVENT_WORKER_KICKED,   /* departure; an operator has ended its connection */
    EVENT_WORKER_EXCLUDED, /* excluded; from a program: otherwise it stays */
    EVENT_CLOCK_LATE,      /* late_ms */
};

/* No string is NULL; each is one printable phrase. */
struct event {
    enum event_type type;
    uint64_t origin; /* of the connection that it is about; else 0 */
    union {
        struct {
            const char *worker, *address;
            uint32_t threads, ranges; /* ranges: grants that the worker still has */
        } arrival;
        struct {
            const char *worker, *reason;
            uint64_t trials; /* that went back to the queue */
            uint32_t ranges; /* number of their grants */
        } departure;
        struct {
            const char *worker, *program, *reason;
        } excluded;
        struct {
            const char *worker; /* its name, or its id if the name is not known */
            uint64_t id;
        } named;
        struct {
            const char *address, *reason; /* the sentence in the Refusal */
            enum refusal_code code;
        } refused;
        struct {
            const char *worker;
            uint64_t trials; /* that went back to the queue */
            uint32_t ranges; /* number of their grants */
            uint32_t thread;
        } expired;
        struct {
            const char *worker;
            uint64_t job, first, trials;
        } lease;
        struct {
            const char *name;
            uint64_t number, done;
        } job;
        struct {
            const char *name;
            uint64_t number,
                trials; /* of an ended job, that are in doubt from now on */
        } doubt;
        struct {
            const char *reason;
        } store;
        struct {
            enum role role;       /* of the token */
            uint32_t connections; /* that joined with the old token, and end now */
        } rotation;
        int64_t late_ms; /* by which all deadlines were moved */
    };
};

enum effect_type {
    EFFECT_SEND,      /* conn, message; droppable: may be left out for a slow reader */
    EFFECT_CLOSE,     /* conn: after what was sent; INPUT_LOST still follows */
    EFFECT_STORE,     /* transaction: make it durable, then INPUT_DURABLE */
    EFFECT_RECOMPUTE, /* recompute: count the hits of this slice here, then
                         INPUT_RECOMPUTED */
    EFFECT_REVOKE,    /* revoke: these rows of an author (0: of several, or unknown) no
                         longer count; already durable */
    EFFECT_TOKEN, /* conn, token: rotate the role's token if requested, then INPUT_TOKEN
                   */
    EFFECT_BACKUP, /* conn, request: the caller replies with a snapshot of its store */
    EFFECT_EVENTS, /* conn, events: the caller replies with the last events; with
                      `follow` also with each that comes, until the connection is closed
                    */
    EFFECT_EVENT,
    EFFECT_STOPPED, /* after INPUT_STOP: all is committed, answered and sent */
};

struct effect {
    enum effect_type type;
    conn_id conn;
    union {
        struct {
            struct msg message;
            bool droppable;
        } send;
        struct {
            uint64_t id;
            const struct record *records;
            size_t n;
        } transaction;
        struct {
            /* Of a program first and count are in units of 1/65,536 of a trial; whole
             * trials.  fresh: by a child that is started for it. */
            uint64_t id, seed, first, count;
            const char *program, *arg; /* program "": pi */
            bool score, fresh;
        } recompute;
        struct {
            uint64_t job, author, trials, hits;
        } revoke;
        struct {
            uint32_t request;
            bool rotate;
            enum role role; /* 0 if no token is rotated */
        } token;
        uint32_t request;
        struct {
            uint32_t request;
            bool follow;
        } events;
        struct event event;
    };
};

/* Of one program since the start: trials, as it counts them, that were counted and are
 * durable, revoked ones too; and those that were leased again. */
struct coord_counted {
    const char *program; /* "": pi */
    uint64_t trials, again;
};

struct update {
    const struct effect *effects; /* in order; valid until the next step */
    size_t n;
    int64_t deadline_ms; /* next INPUT_TICK; always in the future, at most 1 s ahead */
};

/* Gets one piece of a reply, borrowed for the call. */
typedef void reply_sink(void *ctx, const struct msg_reply *reply);

struct coord;

/* Never fails.  The configuration is copied; ctx is borrowed. */
struct coord *coord_new(const struct coord_config *config);
void coord_free(struct coord *c); /* accepts NULL */

/* How many recomputations may run at a time: as many threads as audit_percent needs. */
uint32_t coord_audit_threads(const struct coord *c);

/*
 * Restores the state of an earlier process, before the first step: the records in the
 * store, jobs first, then what they count, otherwise in any order.  0, or -EBADMSG with
 * a sentence in *ret_why if they contradict each other (overlapping rows, more hits
 * than trials); then only coord_free() may be called.
 */
MUST_USE int coord_restore(struct coord *c, const struct record *records, size_t n,
                           const char **ret_why);

/* Handles one input.  ret is valid until the next step; must not be called within
 * another step. */
void coord_step(struct coord *c, const struct input *input, struct update *ret);

/*
 * Answers a question that changes nothing: REQUEST_STATUS, _JOBS, _WORKERS, _HISTORY or
 * _LEDGER.  now_ms as in a step.  The sink gets the reply in pieces, the last one
 * marked; its views lie in `memory`, which has no limit, and their strings in the core,
 * so they are valid until the next step at most.
 *
 * False: the sink was not called.  The durable part of a ledger cannot be computed
 * while a transaction in flight revokes rows or moves the job's end; ask again later.
 */
MUST_USE bool coord_query(const struct coord *c, int64_t now_ms,
                          const struct msg_request *request, struct arena *memory,
                          reply_sink *sink, void *ctx);

/* What was counted of each program: of pi first, then of others that are known, the
 * oldest first, as many as there is room for.  Returns how many that are. */
size_t coord_counted(const struct coord *c, struct coord_counted *ret, size_t room);

/*
 * Checks every invariant of the state in memory (each trial of a job is in exactly
 * one of: counted, in a transaction, leased, free; totals equal sums), slowly, and
 * asserts.  For tests.
 */
void coord_check(const struct coord *c);

#endif
