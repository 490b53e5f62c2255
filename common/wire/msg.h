// SPDX-License-Identifier: MIT
/*
 * The messages as plain structs, for the pure cores.  common/wire/wire.h converts them
 * to frames and back.  Decoding checks every length, count and range that
 * docs/PROTOCOL.md states, so code that has a struct msg need not.  Pure; no protobuf
 * type appears here.
 *
 * Ownership: a message borrows all its pointers.  A decoded message lives as long as
 * the arena it was decoded into; one that a step returns lives until the next step.
 * Strings in a decoded message are never NULL.
 */
#ifndef COMMON_WIRE_MSG_H
#define COMMON_WIRE_MSG_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/lease.h"

enum {
    PROTOCOL_MIN = 1,
    PROTOCOL_MAX = 1,

    UID_BYTES = 16,      /* a job's uid, a request id, a worker's secret */
    TOKEN_BYTES = 16,    /* HMAC-SHA-256/128 */
    NAME_BYTES = 32,     /* [A-Za-z0-9._-]{1,32}, for workers and jobs */
    TEXT_BYTES = 200,    /* a sentence, a version, a kernel: printable ASCII */
    PROOF_BYTES = 64,    /* longest proof in a Hello */
    JOIN_TEXT_MAX = 400, /* longest join string; its host has at most 253 bytes */
    ARG_BYTES = 256,     /* a program's argument */
    STDERR_BYTES = 2048, /* the last lines that a program has said */
    PROGRAMS_MAX = 8,    /* that a worker, or picoord, offers */
    UNIT_LOG2 = 16,      /* a program's trial is 2^16 trials of the ledger */

    /* Texts of a worker's Hello as we send it, so that it fits with all programs. */
    HELLO_TEXT_BYTES = 100,

    THREAD_GRANTS_MAX = 64, /* grants held for one thread */
    WORKER_THREADS_MAX = 4096,

    /* Maximum number of entries in one message, so that its frame is below 2^16
     * bytes. */
    RESUME_MAX = 700,
    GRANTS_MAX = 900,
    RESULTS_GRANTS_MAX = 256,
    RESULTS_HITS_MAX = 2048,
    RESULTS_PIECES_MAX = 4096, /* enough for one grant */
    ANSWERS_MAX = 1000,
    CANCEL_MAX = 2000,
    HEARTBEAT_MAX = 4096,
    LIST_MAX = 100,    /* jobs, workers, answers, shares a reply */
    LIST_JOBS = 56,    /* jobs a reply that we send: two sentences each */
    LIST_WORKERS = 48, /* workers a reply that we send; a failure is as long as two */
    CELLS_MAX = 1313,  /* of one job, so all fit in one reply */
    JOINS_MAX = 64,    /* join strings of each role in a reply */
    BACKUP_BYTES = 32768, /* largest piece of a backup */
};

#define TRIALS_MAX (UINT64_C(1) << 62)
#define PROGRAM_TRIALS_MAX (TRIALS_MAX >> UNIT_LOG2)
#define SCALE_PI 4.0 /* the estimate of a job is scale * hits / trials */
#define SCALE_MAX 1e100
#define UNTIL_STDERR_MIN 1e-12 /* both of pi; of others in proportion to the scale */
#define UNTIL_STDERR_MAX 1.0

enum role { ROLE_WORKER = 1, ROLE_OPERATOR = 2 };

/* If the protocol range does not include this program's, a decoded Hello has only the
 * range, and program and version if they are printable. */
struct msg_hello {
    uint32_t protocol_min, protocol_max;
    const char *program, *version;
    enum role role;
    const uint8_t *proof;
    size_t proof_bytes;
    const char *name;
    uint8_t secret[UID_BYTES];
    uint32_t threads;
    const char *kernel;
    uint64_t test_hits; /* hits that the kernel counts in KERNEL_TEST_*; 0: not sent */
    size_t n_offers;    /* programs: name, self-test, trials/s of a thread by it */
    const char *const *offer;
    const uint64_t *offer_test;
    const double *offer_rate;
};

/* If the protocol is not one of this program's, a decoded Welcome has only that. */
struct msg_welcome {
    uint32_t protocol;
    const char *version;
    uint32_t heartbeat_ms, silent_ms;
    uint64_t worker;
    const char *name;
};

enum refusal_code {
    REFUSAL_PROTOCOL = 1,
    REFUSAL_TOKEN,
    REFUSAL_PLAINTEXT,
    REFUSAL_BANNED,
    REFUSAL_MALFORMED,
    REFUSAL_FULL,
    REFUSAL_REPLACED,
    REFUSAL_ROLE,
    REFUSAL_KERNEL,
};

struct msg_refusal {
    enum refusal_code code; /* 0: an unknown code */
    const char *sentence, *hint;
    uint32_t protocol_min, protocol_max;
};

struct msg_bye {
    const char *reason;
};

struct msg_heartbeat {
    size_t n;
    const uint64_t *grant;
    const uint32_t *lease;
};

struct msg_resume {
    size_t n;
    const uint8_t *job; /* n * UID_BYTES */
    const uint64_t *grant;
    const uint32_t *thread;
    const uint64_t *first, *count;
    const uint32_t *lease_log2;
    const uint8_t *token; /* n * TOKEN_BYTES */
    const uint64_t *computing, *unanswered;
    bool last;
    size_t n_failed; /* programs that have failed here; not beside grants */
    const char *const *failed, *const *failed_why;
    const char *const *failed_stderr; /* lines */
};

struct msg_grants {
    uint8_t job[UID_BYTES];
    uint64_t seed;
    size_t n;
    const uint64_t *grant;
    const uint32_t *thread;
    const uint64_t *first, *count;
    const uint32_t *lease_log2;
    const uint8_t *token;
    const char *program, *arg; /* program "": pi */
    bool score;                /* a unit counts 0 or 1, not a trial */
};

/*
 * hits holds one value for each bit set in leases[0], leases[1], ... in ascending
 * order. pieces holds the sub-counts of the same leases in the same order,
 * lease_pieces() of each lease; or none at all (in a benchmark).
 */
struct msg_results {
    size_t n;
    const uint64_t *grant, *leases, *rate;
    size_t n_hits;
    const uint64_t *hits;
    size_t n_pieces;
    const uint64_t *pieces;
    const uint32_t *group_pieces; /* n of them; their sum is n_pieces */
};

struct msg_answers {
    size_t n;
    const uint64_t *grant, *counted, *covered, *dropped, *stale;
};

/* Used by Cancel and by GiveBack. */
struct msg_leases {
    size_t n;
    const uint64_t *grant, *leases;
};

/* Which results picoord recomputes: a sample, all, or none.  Results of trusted workers
 * are never recomputed. */
enum audit_policy { AUDIT_ADAPTIVE, AUDIT_ALL, AUDIT_NONE };

enum stop_rule { STOP_TRIALS, STOP_STDERR, STOP_TIME };

struct msg_submit {
    uint8_t request[UID_BYTES];
    enum stop_rule rule;
    uint64_t trials;     /* STOP_TRIALS: 1 to 2^62 */
    double until_stderr; /* STOP_STDERR: UNTIL_STDERR_MIN to _MAX */
    int64_t for_ms;      /* STOP_TIME: 1 to 2^53 */
    bool seed_given;
    uint64_t seed;
    const char *name; /* may be empty */
    uint32_t weight;  /* 1 to 1000 */
    enum audit_policy audit;
    bool audit_given; /* false: AUDIT_ADAPTIVE stands for the coordinator's default */
    const char *program, *arg; /* program "": pi */
    double scale;              /* above 0; sent as 0 it is the program's default */
    bool score, test_given;
    uint64_t test;
};

enum request_verb {
    REQUEST_SUBMIT,
    REQUEST_CANCEL,
    REQUEST_PAUSE,
    REQUEST_RESUME,
    REQUEST_EXTEND,
    REQUEST_DRAIN,
    REQUEST_KICK,
    REQUEST_STATUS,
    REQUEST_JOBS,
    REQUEST_WORKERS,
    REQUEST_HISTORY,
    REQUEST_LEDGER,
    REQUEST_WATCH,
    REQUEST_TOKEN,
    REQUEST_BACKUP,
    REQUEST_TRUST,
    REQUEST_BAN,
    REQUEST_PARDON,
    REQUEST_UNTRUST,
    REQUEST_RM,
    REQUEST_EVENTS,
};

enum { REQUEST_VERBS = REQUEST_EVENTS + 1 };

struct msg_request {
    uint32_t id;
    const char
        *wrong; /* received: why it cannot be, and the rest is not set; or NULL */
    enum request_verb verb;
    uint64_t job;       /* 0: the newest unfinished one, else the newest */
    const char *worker; /* name or id */
    bool all;
    uint64_t trials; /* extend */
    uint32_t interval_ms;
    bool follow;    /* events */
    bool rotate;    /* token */
    enum role role; /* of the token; 0: nothing is rotated */
    struct msg_submit submit;
};

enum error_code {
    ERROR_BAD_REQUEST = 1,
    ERROR_NO_SUCH_JOB,
    ERROR_NO_SUCH_WORKER,
    ERROR_NOT_POSSIBLE,
    ERROR_STORAGE,
};

enum job_state {
    JOB_QUEUED = 1, /* nothing leased yet */
    JOB_RUNNING,
    JOB_PAUSED,
    JOB_DONE,
    JOB_CANCELLED,
    JOB_FAILED,
};

struct job_view {
    uint64_t number;
    const char *name;
    enum job_state state;
    const char *reason, *stalled; /* stalled: a word for why it does not move, or "" */
    uint64_t seed, trials, done, hits, verified_done, verified_hits;
    double pi, stderr_, ci_low, ci_high, any_low, any_high; /* NaN: not known */
    double rate;
    enum stop_rule rule;
    double until_stderr;
    int64_t for_ms;
    uint32_t weight;
    int64_t elapsed_ms;
    uint64_t leased, computed_again, surplus;
    uint8_t uid[UID_BYTES];
    enum audit_policy audit;
    const char *doubt; /* why an answer that was given is in doubt; "": it is not */
    uint64_t doubtful; /* trials of it */
    const char *program, *arg; /* program "": pi */
    double scale;              /* above 0 */
    bool score;                /* hits are in 1/65,536 of a trial */
    bool test_known;
    uint64_t test;
    int64_t submitted_ms, started_ms, ended_ms; /* Unix time; 0: not known, not yet */
};

enum worker_state {
    WORKER_IDLE = 1,
    WORKER_BUSY,
    WORKER_DRAINING,
    WORKER_SILENT, /* connected, but no byte for over one heartbeat */
    WORKER_LOST,
    WORKER_LEFT,
};

/* How far a worker is trusted. */
enum worker_trust {
    TRUST_PROBATION = 1, /* has not passed ten audits yet */
    TRUST_SAMPLED,       /* has passed them; some results are audited */
    TRUST_FULL,          /* its results are not audited */
};

/* Why a worker's trust is full. */
enum trusted_as {
    TRUSTED_NOT,     /* it is not */
    TRUSTED_SPAWNED, /* the coordinator has started it */
    TRUSTED_LOCAL,   /* of the coordinator's user, on its machine */
    TRUSTED_NAMED,   /* an operator has named it */
};

/* How an operator, or a lie, has ended a worker's connection. */
enum worker_removed {
    REMOVED_NOT,
    REMOVED_KICKED, /* it may come again */
    REMOVED_BANNED, /* its id is excluded */
};

enum program_state {
    PROGRAM_READY = 1,
    PROGRAM_FAILED,   /* the worker says so */
    PROGRAM_EXCLUDED, /* a result of it was wrong */
};

/* A program of a worker. */
struct program_view {
    const char *name;
    enum program_state state;
    bool test_known;
    uint64_t test;
    double rate;         /* trials/s of a thread, by the self-test */
    const char *reason;  /* why it is not ready */
    const char *stderr_; /* its last lines */
};

struct worker_view {
    uint64_t id;
    const char *name, *address, *kernel, *version;
    uint32_t threads;
    enum worker_state state;
    double rate;
    uint64_t trials;
    uint32_t leases;
    int64_t last_seen_ms;
    enum worker_trust trust;
    uint64_t audited; /* number of results recomputed and right */
    uint32_t audits;  /* number of audits due */
    double z;         /* of its hits: standard deviations from the expected number */
    int64_t audit_ms; /* CPU time that recomputing what is due takes */
    enum trusted_as trusted_as;
    enum worker_removed removed;
    size_t n_programs; /* at most PROGRAMS_MAX */
    const struct program_view *programs;
    int64_t joined_ms, seen_ms; /* Unix time; 0: not known */
};

enum coord_state { COORD_READY = 1, COORD_DRAINING, COORD_DEGRADED };

/* The coordinator's process; for display only. */
struct host_view {
    int64_t time_ms; /* Unix time in ms; 0: not known */
    uint32_t connections, fds_used, fds_limit;
};

/* What is yet to be recomputed. */
struct audits_view {
    uint32_t due;     /* number of audits */
    uint64_t trials;  /* of audits and disputes */
    int64_t wait_ms;  /* how long they take at the present budget */
    const char *help; /* what would help; "": nothing needs to */
};

/* What open jobs that are not paused have yet to count. */
struct waiting_view {
    uint64_t trials;  /* about how many, where a job's end is not known */
    uint32_t threads; /* that it would keep busy for some seconds */
    double seconds;   /* that those who are here need for it; NaN: nobody is here */
};

struct status_view {
    const char *version;
    uint32_t protocol;
    int64_t uptime_ms;
    enum coord_state state;
    const char *reason, *stalled; /* as of a job */
    uint32_t workers, threads, jobs_active;
    double rate;
    const struct job_view *job; /* NULL: no job was ever submitted */
    struct host_view host;
    struct audits_view audits;
    struct waiting_view waiting;
    enum audit_policy audit; /* of jobs that are submitted without one */
};

struct share_view {
    uint64_t worker;
    const char *name;
    uint64_t trials, hits;
};

struct ledger_view {
    const struct job_view *job; /* in the first frame, else NULL */
    size_t n_cells;
    const uint64_t *first, *count, *done, *hits;
    size_t n_shares;
    const struct share_view *shares;
    size_t n_doubts; /* ranges that are in doubt */
    const uint64_t *doubt_first, *doubt_count;
    bool score; /* hits are in 1/65,536 of a trial */
};

struct answer_view {
    uint64_t job;
    const char *name;
    uint64_t seed, trials, hits;
    double pi, stderr_, ci_low, ci_high, any_low, any_high; /* NaN: not known */
    int64_t elapsed_ms;
    const char *program; /* "": pi */
    bool score;          /* hits are in 1/65,536 of a trial */
};

/* Members that say nothing of this event are 0 or "". */
struct event_view {
    const char *what; /* "worker_lost" */
    const char *name, *worker, *reason, *program;
    uint64_t job, first, trials, late_ms, time_ms;
    uint32_t ranges, threads, connections;
};

/* Join strings; those that most peers can use come first. */
struct joins_view {
    size_t n_workers, n_operators; /* at most JOINS_MAX */
    const char *const *workers;
    const char *const *operators;
    bool fetch; /* the coordinator serves piworker for those who have none */
};

enum reply_body {
    REPLY_ERROR,
    REPLY_DONE,
    REPLY_JOB,
    REPLY_JOBS,
    REPLY_WORKERS,
    REPLY_STATUS,
    REPLY_LEDGER,
    REPLY_HISTORY,
    REPLY_TOKEN,
    REPLY_BACKUP,
    REPLY_EVENTS,
};

enum { REPLY_BODIES = REPLY_EVENTS + 1 };

struct msg_reply {
    uint32_t id;
    bool last;
    enum reply_body body;
    union {
        struct {
            enum error_code code; /* 0: an unknown code */
            const char *message, *hint;
        } error;
        struct {
            const struct worker_view *worker; /* NULL: none, or all */
            const char *note;                 /* a sentence, or empty */
        } done;
        struct job_view job;
        struct {
            size_t n;
            const struct job_view *jobs;
        } jobs;
        struct {
            size_t n;
            const struct worker_view *workers;
        } workers;
        struct status_view status;
        struct ledger_view ledger;
        struct {
            size_t n;
            const struct answer_view *answers;
        } history;
        struct {
            struct joins_view joins;
            uint32_t ended; /* number of other connections that the rotation ended */
        } token;
        struct {
            uint64_t size; /* of the whole file */
            const uint8_t *data;
            size_t bytes; /* of this piece */
        } backup;
        struct {
            size_t n;
            const struct event_view *events;
        } events;
    };
};

enum msg_type {
    MSG_HELLO,
    MSG_WELCOME,
    MSG_REFUSAL,
    MSG_BYE,
    MSG_HEARTBEAT,
    MSG_RESUME,
    MSG_GRANTS,
    MSG_RESULTS,
    MSG_ANSWERS,
    MSG_CANCEL,
    MSG_GIVE_BACK,
    MSG_DRAIN,
    MSG_REQUEST,
    MSG_REPLY,
};

struct msg {
    enum msg_type type;
    union {
        struct msg_hello hello;
        struct msg_welcome welcome;
        struct msg_refusal refusal;
        struct msg_bye bye; /* and Drain: reason */
        struct msg_heartbeat heartbeat;
        struct msg_resume resume;
        struct msg_grants grants;
        struct msg_results results;
        struct msg_answers answers;
        struct msg_leases leases; /* Cancel, GiveBack */
        struct msg_request request;
        struct msg_reply reply;
    };
};

/* The scale of a job that names none. */
static inline double scale_usual(const char *program)
{
    return *program ? 1 : SCALE_PI;
}

/* Whether the range of protocols min to max overlaps this program's. */
static inline bool protocols_meet(uint32_t min, uint32_t max)
{
    return min <= PROTOCOL_MAX && max >= PROTOCOL_MIN;
}

/* A Refusal, with this program's protocol range. */
static inline struct msg refusal_msg(enum refusal_code code, const char *sentence,
                                     const char *hint)
{
    return (struct msg){.type = MSG_REFUSAL,
                        .refusal = {.code = code,
                                    .sentence = sentence,
                                    .hint = hint,
                                    .protocol_min = PROTOCOL_MIN,
                                    .protocol_max = PROTOCOL_MAX}};
}

#endif
