// SPDX-License-Identifier: MIT
/*
 * What the parts of the coordinator's core share: its state, and who may change what.
 * Structs only; each file's functions are in the header of its name.  Private to
 * server/core/.
 *
 * Each member of struct coord belongs to one file, named beside it: that file makes it,
 * changes it and releases it.  Others read it.
 *
 * One owner for each fact: which range is leased to which grant is in the job's ledger
 * alone; a grant knows only which of its leases its worker has yet to report.
 */
#ifndef SERVER_CORE_STATE_H
#define SERVER_CORE_STATE_H

#include "common/base/arena.h"
#include "common/base/heap.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/base/vec.h"
#include "common/wire/limits.h"
#include "server/core/coord.h"
#include "server/core/ledger.h"

enum {
    GRANTS_IN_HAND_MAX = 8, /* of a thread: coord_config.grants_in_hand at most */
    PEER_ADDRESS_BYTES = 64 /* "[2001:db8::1]:31415" and its NUL */
};

struct audit;
struct job;
struct worker;

enum timer_type { TIMER_THREAD, TIMER_WORKER, TIMER_WATCH };

struct timer {
    struct heap_item item;
    enum timer_type type;
};

/* ---- workers and what they hold ---- */

/* What is thought of a worker; kept when the worker is gone. */
struct standing {
    uint64_t worker;
    uint64_t valid, passed; /* as in struct standing_record */
    uint64_t trials, hits;  /* said in this life of the coordinator */
    uint32_t due;           /* audits of it; */
    uint32_t due_whole;     /* results that will be recomputed in full */
    bool trusted, spawned;
    bool dirty; /* a record of it is due */
};

struct grant {
    uint64_t id;
    struct job *job;
    struct thread *thread;
    struct grant *next; /* of the thread's queue; oldest first */
    uint64_t first, count;
    uint32_t log2;
    bool expired;             /* the ledger has its ranges back */
    uint64_t queued_before;   /* trials that its thread held already */
    uint64_t rate;            /* of the thread, as known when it was granted */
    uint64_t outstanding;     /* leases that its worker has not reported */
    uint64_t speculated;      /* leases that a second worker has as well */
    uint64_t awaiting_commit; /* leases of which a result waits for a transaction */
    uint64_t speculates;      /* the grant that this one doubles, 0: none */
    uint32_t speculates_lease;
    bool resumed; /* while Resume is read: it was listed */
    int64_t granted_ms;
};

struct thread {
    struct worker *worker;
    struct grant *head, **tail;
    uint32_t in_hand;  /* grants in the queue */
    uint32_t reported; /* all computed, and not answered before they are durable */
    uint64_t rate;     /* trials/s, measured there; 0 unknown */
    uint64_t
        credited_rate;    /* of it, as far as was seen here: its part of the fleet's */
    uint64_t last_trials; /* size of its last grant */
    int64_t progress_ms;  /* when it last reported, or got work after having none */
    struct timer timer;   /* the earliest deadline of its leases, or sooner */
    struct thread *ready_next, **ready_link; /* link NULL: in no queue */
    uint32_t ready_level;
};

struct worker {
    uint64_t id;
    char name[NAME_BYTES + 8];
    char address[PEER_ADDRESS_BYTES], kernel[NAME_BYTES + 1];
    char *version; /* mostly short, so not an array of the longest */
    conn_id conn;  /* 0: none */
    struct standing *standing;
    struct thread *threads;
    uint32_t n_threads;
    bool ready;    /* its Resume is complete */
    bool met;      /* it was ready before */
    bool draining; /* gets no more grants */
    bool left;     /* said goodbye */
    int64_t heard_ms, gone_ms;
    uint64_t
        trials; /* counted and durable, all jobs, in this life of the coordinator */
    struct timer timer;
    size_t index; /* in fleet.workers */
};

enum peer_role { PEER_NEW, PEER_WORKER, PEER_OPERATOR, PEER_CLOSING };

struct peer {
    conn_id conn;
    enum peer_role role;
    bool trusted;
    bool spawned;
    enum role token;    /* whose has let it in; 0: it came without one */
    bool comes_to_work; /* says its Hello */
    struct worker *worker;
    char address[PEER_ADDRESS_BYTES];
    uint64_t origin;
};

/* ---- jobs ---- */

/* What may be shown of a job: of the last transaction that is durable. */
struct shown {
    bool there;
    enum job_state state;
    uint64_t trials;
    struct tally tally;
    int64_t elapsed_ms;
    uint64_t surplus;
};

/* A row that was recomputed whole and is right, if it is still that worker's. */
struct passed_row {
    uint64_t worker, first, end;
};

struct job {
    uint64_t number;
    struct job_record record;
    char why[TEXT_BYTES + 1]; /* why it failed */
    struct ledger ledger;
    struct shown shown, next_shown;
    bool dirty;          /* the next transaction has something of it */
    bool time_up;        /* its running time is over */
    bool leases_done;    /* and so is the wait for the leases that were out */
    uint64_t extend_to;  /* asked for, 0 none */
    uint64_t stderr_end; /* its end by the standard error, if all below is verified */
    uint64_t pass;       /* stride scheduling: predicted thread-time used, by weight */
    uint32_t disputes;
    VEC(struct passed_row) passed_rows;
    bool audit_gap; /* it goes on: provisional rows may have nobody who audits them */
    bool trust_gained; /* some author of provisional rows is trusted now */
    int64_t run_ms;    /* since when the elapsed time runs; -1 it does not */
    int64_t time_up_ms;
    double rate;
    int64_t rate_ms;
    uint64_t rate_done;
    uint64_t granted_end;  /* no lease was granted beyond */
    uint64_t resume_floor; /* new grants start here until jobs.resume_ms */
    enum event_type event; /* what has happened to it, said when it is durable */
    bool has_event;
    bool answered; /* the next transaction holds a final answer */
    enum event_type flight_event;
    bool flight_has_event;
};

struct final {
    uint64_t job, trials, hits;
    int64_t elapsed_ms;
};

struct watch {
    struct timer timer;
    conn_id conn;
    uint32_t request, interval_ms;
    struct job *job;
    struct watch *next;
};

/* ---- audits and disputes ---- */

/* One is due from the receipt of the result on, until it has passed. */
struct audit {
    struct audit_record what;
    struct job *job;
    struct standing *of;
    struct audit *next;
    int64_t estimate_us; /* was taken from the budget */
    bool stored;
};

/* Oldest first: those that are handed out, then those that wait. */
struct audits {
    struct audit *head, **tail;
    struct audit **waiting; /* the link to the first that waits */
};

struct dispute {
    uint64_t id;
    struct range range;
    struct job *job;
    uint64_t author, author_hits, rival, rival_hits;
};

/* ---- transactions ---- */

/* Leases whose results wait for the transaction in which they are. */
struct answer {
    uint64_t worker, grant;
    uint64_t counted, covered, dropped, stale;
    uint64_t trials;
};

/* A reply that is due when the transaction is durable. */
struct due {
    conn_id conn;
    struct msg_request request; /* strings not kept */
    struct job *job;            /* NULL: nothing to show but that it is done */
};

struct revocation {
    uint64_t job, author, trials, hits;
};

/* All of a grant of that thread has been reported. */
struct reported {
    uint64_t worker;
    uint32_t thread;
};

/* The records for the store, and all that is to be said once they are durable. */
struct transaction {
    uint64_t id;
    struct record_list records;
    VEC(struct answer) answers;
    VEC(struct reported) reported;
    VEC(struct due) due;
    VEC(struct ban_record) bans;
    VEC(struct revocation) revocations;
    VEC(struct final) finals;
    VEC(struct job *) jobs;     /* changed in it */
    VEC(struct audit *) audits; /* new in it */
    VEC(uint64_t) audited;
    VEC(struct standing *) standings;
    uint32_t leases;
};

/* A result that touches the transaction under way. */
struct waiting {
    uint64_t worker, grant, job, first, end, hits;
    uint32_t lease;
};

/* ---- the members, each of one file ---- */

struct core_clock {
    int64_t now_ms;   /* of this step, on the core's clock: lateness taken out */
    int64_t start_ms; /* of the first step */
    int64_t late_ms;  /* the caller's clock minus the core's */
    int64_t asked_ms; /* the deadline asked for last; caller's clock */
    bool begun;
};

struct stop {
    bool asked, finish_leases, done;
};

struct outputs {
    struct arena arena; /* of this step: messages, texts */
    VEC(struct effect) effects;
    struct heap timers;
    bool stepping;
};

struct peer_table {
    struct map by_conn; /* conn -> struct peer */
    uint32_t refused;   /* since the last one was taken */
    char refused_why[TEXT_BYTES + 1];
};

struct admission {
    struct map by_origin; /* how many new workers it has shown in this hour */
    uintptr_t new_ids;    /* the same, of all origins */
    int64_t hour_ends_ms;
};

struct fleet {
    struct map by_id;   /* worker id -> struct worker */
    struct map by_name; /* hash of the name -> struct worker */
    VEC(struct worker *) workers;
    uint32_t threads; /* of workers that are ready */
    double rate;      /* trials/s of those that are known */
};

struct standing_table {
    struct map by_worker; /* worker id -> struct standing */
    struct map bans;      /* worker id -> struct ban_record */
};

struct grant_table {
    struct map by_id;
    uint64_t next_id;
    struct grant *spare;
};

/* Queues by grants in hand, heads and tails; the last one is of full hands. */
struct ready_queues {
    struct thread *head[GRANTS_IN_HAND_MAX + 1];
    struct thread **tail[GRANTS_IN_HAND_MAX + 1];
};

struct job_table {
    VEC(struct job *) all;    /* all.items[number - 1] */
    VEC(struct job *) active; /* those that have not ended */
    VEC(struct final) answers;
    int64_t resume_ms; /* until then, leases start at the jobs' floors */
};

struct commits {
    struct transaction pending, flight;
    uint64_t next_id;
    bool in_flight;
    int64_t retry_ms; /* when the store is tried again; -1 it has not failed */
    int store_status; /* what it said then */
};

struct waiting_results {
    VEC(struct waiting) results;
    VEC(struct waiting) spare; /* memory for the list while it is read */
};

struct audit_queues {
    struct audits sampled, complete; /* of jobs that audit a sample, and all */
    uint32_t handed_out;
    int64_t budget_us, budget_ms; /* what may be spent, and when it was counted */
    uint64_t trials_a_us;         /* of a recomputation, as measured */
    uint64_t next_id;             /* of an audit or a dispute */
};

struct schedule {
    int64_t speculate_ms; /* next look for stragglers; -1 none is due */
};

struct watch_list {
    struct watch *head;
};

struct coord {
    struct coord_config config;
    char version[TEXT_BYTES + 1];
    struct rng rng;
    struct core_clock clock;         /* coord.c */
    struct stop stop;                /* coord.c */
    struct outputs out;              /* effects.c */
    struct peer_table peers;         /* peer.c */
    struct admission admission;      /* session.c */
    struct fleet fleet;              /* worker.c */
    struct standing_table standings; /* standing.c */
    struct grant_table grants;       /* grant.c */
    struct ready_queues ready;       /* ready.c */
    struct schedule schedule;        /* schedule.c */
    struct job_table jobs;           /* job.c */
    struct commits commits;          /* transaction.c fills, commit.c flushes */
    struct waiting_results waiting;  /* results.c; transaction.c forgets */
    struct audit_queues audits;      /* audit.c */
    VEC(struct dispute) disputes;    /* dispute.c */
    struct watch_list watches;       /* watch.c */
    VEC(struct due) deferred;        /* request.c: questions that wait for a commit */
};

#endif
