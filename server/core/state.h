// SPDX-License-Identifier: MIT
/*
 * What the parts of the coordinator's core share: its state, and who may change what.
 * Private to server/: coord.c (the step), effects.c (what it puts out), session.c
 * (connections and workers), token.c (tokens), grant.c and schedule.c (leases),
 * results.c (results and their fates), audit.c (what a worker's word is worth), job.c
 * (jobs and stop rules), commit.c (transactions), reply.c (replies and watchers).  All
 * of it is pure.
 *
 * One owner for each fact: which range is leased to which grant is in the job's ledger
 * alone; a grant knows only which of its leases its worker has yet to report.
 */
#ifndef SERVER_CORE_STATE_H
#define SERVER_CORE_STATE_H

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/heap.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/base/vec.h"
#include "common/wire/limits.h"
#include "server/core/coord.h"
#include "server/core/ledger.h"
#include "server/core/transaction.h"

enum {
    HEARTBEAT_MS = 2000,
    SILENT_MS = 6000,
    LATE_MS = 1000, /* a step this late moves all deadlines */
    TICK_MS = 1000, /* a tick at least this often, so that lateness is seen */
    LEASE_GRACE_MS = 10000,
    LEASE_PATIENCE = 10, /* deadline: so many times the prediction, plus the grace */
    RESUME_MS = 10000,   /* after a restart: new leases start at the frontier */
    CLOSING_MS = 10000,  /* leases out when a running time is over get so long */
    STRAGGLER = 2, /* times its prediction, then a lease goes to a second worker */
    STRAGGLER_MIN_MS = 100,
    SPECULATE_MS = 50, /* between looks for stragglers */
    FIRST_GRANT_LOG2 = 20,
    RAMP = 4, /* a grant is at most so many times the thread's last */
    GRANT_LEASES_TARGET = 4,
    LEASE_TARGET_MS = 250,
    TAIL_MIN_MS = 10,        /* the tail's grants do not get smaller than this */
    RATE_UNKNOWN = 1000000,  /* trials/s assumed for deadlines until a thread reports */
    PEER_ADDRESS_BYTES = 64, /* "[2001:db8::1]:31415" and its NUL */
    HOUR_MS = 3600000,
    GONE_MS = 300000, /* a worker that is gone stays in lists so long */
    STORE_RETRY_MS = 1000,
    RATE_TAU_MS = 3000, /* smoothing of a job's shown rate */
    HAND_MAX = 8,
    REPORTED_MAX = 48, /* grants of a thread that wait for the store; with its hand they
                          are fewer than the 64 that a worker holds for a thread */
    JOBS_MAX = 10000,  /* a coordinator keeps all jobs; an operator cannot flood it */
};

/* Audits. */
enum {
    PROBATION = 10,     /* a worker's first results, which are recomputed in full */
    AUDIT_ONE_IN = 50,  /* of its later ones at the least, */
    AUDIT_SIGMAS = 4,   /* and each one while its hits are so far from chance */
    AUDIT_US_A_MS = 50, /* of the coordinator's CPU: 5 % of a core, */
    AUDIT_BURST_US = 1000000, /* of which so much may be saved up */
    AUDITS_AT_ONCE = 16,      /* handed out and not returned */
    AUDITS_A_WORKER =
        64,            /* with so many due it gets no more work until they are fewer */
    AUDIT_SPEED = 200, /* trials a microsecond, until it has been measured */
    AUDITED_GRANT =
        1 << 28, /* trials: where all is recomputed nothing big is granted */
};

enum timer_type { TIMER_THREAD, TIMER_WORKER, TIMER_WATCH };

struct timer {
    struct heap_item item;
    enum timer_type type;
};

struct worker;
struct job;

/* A row that was recomputed whole and is right, if it is still that worker's. */
struct proven {
    uint64_t worker, first, end;
};

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

struct grant {
    uint64_t id;
    struct job *job;
    struct thread *thread;
    struct grant *next; /* of the thread's queue; oldest first */
    uint64_t first, count;
    uint32_t log2;
    bool expired;     /* the ledger has its ranges back */
    uint64_t ahead;   /* trials that its thread held already */
    uint64_t rate;    /* of the thread, as known when it was granted */
    uint64_t out;     /* leases that its worker has not reported */
    uint64_t doubled; /* leases that a second worker has as well */
    uint64_t waiting; /* leases of which a result waits for a transaction */
    uint64_t twin_of; /* the grant that this one doubles, 0: none */
    uint32_t twin_lease;
    bool resumed; /* while Resume is read: it was listed */
    int64_t granted_ms;
};

struct thread {
    struct worker *worker;
    struct grant *head, **tail;
    uint32_t in_hand;     /* grants in the queue */
    uint32_t reported;    /* all computed, and not answered before they are durable */
    uint64_t rate;        /* trials/s, measured there; 0 unknown */
    uint64_t believed;    /* of it, as far as was seen here: its part of the fleet's */
    uint64_t last_trials; /* size of its last grant */
    int64_t progress_ms;  /* when it last reported, or got work after having none */
    struct timer timer;   /* the earliest deadline of its leases, or sooner */
    struct thread *hungry_next, **hungry_link; /* link NULL: in no queue */
    uint32_t hungry_level;
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
    size_t index; /* in coord.workers */
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

struct watch {
    struct timer timer;
    conn_id conn;
    uint32_t request, interval_ms;
    struct job *job;
    struct watch *next;
};

/* What may be shown of a job: of the last transaction that is durable. */
struct shown {
    bool there;
    enum job_state state;
    uint64_t trials;
    struct tally tally;
    int64_t elapsed_ms;
    uint64_t surplus;
};

struct job {
    uint64_t number;
    struct job_record record;
    char why[TEXT_BYTES + 1]; /* why it failed */
    struct ledger ledger;
    struct shown shown, next_shown;
    bool dirty;         /* the next transaction has something of it */
    bool closing;       /* its running time is over */
    bool finish;        /* closing has ended */
    uint64_t extend_to; /* asked for, 0 none */
    uint64_t candidate; /* its end by the standard error, if all below it is verified */
    uint64_t pass;      /* stride scheduling: predicted thread-time used, by weight */
    uint32_t disputes;
    LIST(struct proven) proven;
    bool unsure;    /* it goes on: provisional rows may have nobody who audits them */
    bool vouched;   /* some author of provisional rows is believed now */
    int64_t run_ms; /* since when the elapsed time runs; -1 it does not */
    int64_t closing_ms;
    double rate;
    int64_t rate_ms;
    uint64_t rate_done;
    uint64_t granted_end; /* no lease was granted beyond */
    uint64_t floor;       /* new grants start here until coord.resume_ms */
    enum note_type note;  /* what has happened to it, said when it is durable */
    bool noted;
    bool answered; /* the next transaction holds a final answer */
    enum note_type flight_note;
    bool flight_noted;
};

struct waiting {
    uint64_t worker, grant, job, first, end, hits;
    uint32_t lease;
};

struct dispute {
    uint64_t id, first, count;
    struct job *job;
    uint64_t author, author_hits, rival, rival_hits;
};

struct coord {
    struct coord_config config;
    char version[TEXT_BYTES + 1];
    struct rng rng;
    int64_t now_ms;   /* of this step, on the core's clock: lateness taken out */
    int64_t start_ms; /* of the first step */
    int64_t late_ms;  /* the caller's clock minus the core's */
    int64_t asked_ms; /* the deadline asked for last; caller's clock */
    bool begun, stepping;

    struct map peers; /* conn -> struct peer */
    struct map known; /* worker id -> struct worker */
    struct map names; /* hash of the name -> struct worker */
    struct map bans;  /* worker id -> struct ban_record */
    LIST(struct worker *) workers;
    struct map grants; /* id -> struct grant */
    uint64_t next_grant;
    struct grant *free_grants;
    /* Queues by grants in hand, heads and tails; the last one is of full hands. */
    struct thread *hungry[HAND_MAX + 1];
    struct thread **hungry_tail[HAND_MAX + 1];
    uint32_t threads;   /* of workers that are connected */
    double rate;        /* trials/s of those that are known */
    struct map new_ids; /* origin -> how many new workers it has shown in this hour */
    uintptr_t all_new_ids;
    int64_t new_ids_ms; /* the hour's end */
    uint32_t refused;   /* peers refused since the last one was taken */
    char refused_why[TEXT_BYTES + 1];

    LIST(struct job *) jobs; /* jobs.items[number - 1] */
    LIST(struct job *) open; /* those that have not ended */
    LIST(struct final) finals;
    int64_t resume_ms; /* until then, leases start at the jobs' floors */

    struct transaction pending, flight;
    uint64_t next_transaction;
    bool in_flight;
    int64_t retry_ms; /* when the store is tried again; -1 it has not failed */
    int store_status; /* what it said then */
    LIST(struct waiting) waiting;
    LIST(struct waiting) rechecked;
    LIST(struct dispute) disputes;
    LIST(struct due) deferred;       /* requests that wait for a transaction */
    struct map standings;            /* worker id -> struct standing */
    struct audits sampled, complete; /* of jobs that audit a sample, and all */
    uint32_t auditing;               /* handed out */
    int64_t audit_us, audit_ms;      /* the budget, and when it was counted */
    uint64_t audit_speed;            /* trials a microsecond, as measured */
    uint64_t next_check;             /* id of an audit or a dispute */

    struct heap timers;
    struct watch *watches;
    int64_t speculate_ms; /* next look for stragglers; -1 none is due */
    bool stopping, finish_leases, stopped;

    struct arena arena; /* of this step: messages, texts */
    LIST(struct effect) effects;
};

/* The string, cut where it does not fit. */
static inline void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

/* ---- effects.c ---- */

struct effect *effect_add(struct coord *c, enum effect_type type, conn_id conn);
void send_msg(struct coord *c, conn_id conn, const struct msg *m);
struct note *note_add(struct coord *c, enum note_type type);
void timer_set(struct coord *c, struct timer *t, int64_t at_ms);

/* ---- session.c ---- */

void peer_connected(struct coord *c, conn_id conn, const char *address, uint64_t origin,
                    bool trusted);
void peer_lost(struct coord *c, conn_id conn);
void peer_message(struct coord *c, conn_id conn, const struct msg *m);
void peer_refuse(struct coord *c, struct peer *p, enum refusal_code code,
                 const char *sentence, const char *hint);

/* Refuses one that was welcome; what its worker holds goes back at once. */
void peer_expel(struct coord *c, struct peer *p, enum refusal_code code,
                const char *sentence, const char *hint);
void peer_close(struct coord *c, struct peer *p);

/* ---- worker.c ---- */

/* One that is new here; it has its name, but neither threads nor a connection. */
struct worker *worker_add(struct coord *c, uint64_t id, const struct msg_hello *h);
void worker_set_threads(struct worker *w, uint32_t n);

/* It is no part of the fleet until its Resume is complete. */
void worker_unready(struct coord *c, struct worker *w);

/* Its connection is no longer: what it held goes to the head of the queue. */
void worker_gone(struct coord *c, struct worker *w, enum note_type type,
                 const char *why);
void worker_timer(struct coord *c, struct worker *w);

/* By name or hexadecimal id, the connected one first; NULL. */
struct worker *worker_named(struct coord *c, const char *text);
void worker_drain(struct coord *c, struct worker *w, const char *reason);

/* Excludes the worker for good; revoke: with all that it has contributed. */
void worker_ban(struct coord *c, uint64_t id, const char *reason, bool revoke);
const struct ban_record *worker_banned(const struct coord *c,
                                       uint64_t id); /* or NULL */
void ban_keep(struct coord *c, const struct ban_record *b);
void worker_free(struct worker *w);

/* ---- request.c ---- */

void request_take(struct coord *c, conn_id conn, const struct msg_request *r);
void request_deferred(struct coord *c); /* those that waited for a transaction */

/* ---- token.c: tokens ---- */

/* Whether its Hello proves a right to its role; else it has been refused. */
bool right_proved(struct coord *c, struct peer *p, const struct msg_hello *h);
void right_request(struct coord *c, conn_id conn, const struct msg_request *r);
void right_answered(struct coord *c, const struct input *input);

/* ---- resume.c: what a worker held before it connected again ---- */

void resume_take(struct coord *c, struct peer *p, const struct msg_resume *m);

/* ---- grant.c ---- */

struct grant *grant_of(struct coord *c, uint64_t id);

/* A number that no grant has; a worker that resumes names its grants itself. */
uint64_t grant_new_id(struct coord *c);
struct grant *grant_add(struct coord *c, uint64_t id, struct thread *t, struct job *j,
                        uint64_t first, uint64_t count, uint32_t log2);

/* Takes the grant off its thread; what it owns must have been given back. */
void grant_remove(struct coord *c, struct grant *g);

/* Gives what the leases still own back to the job's gaps; returns the trials. */
uint64_t grant_give_back(struct grant *g, uint64_t leases);

/* Tells the worker that these leases are no longer wanted. */
void grant_cancel(struct coord *c, struct worker *w, uint64_t grant, uint64_t leases);

/* When its first lease that is still out is overdue. */
int64_t grant_deadline(const struct grant *g);
void grant_token(struct coord *c, const struct job *j, uint64_t first, uint64_t count,
                 uint64_t worker, uint8_t ret[TOKEN_BYTES]);

/* Milliseconds that trials are predicted to take at a rate (0: unknown), rounded up. */
int64_t rate_predict_ms(uint64_t rate, uint64_t trials);

/* The most that a thread which has reported trials after so many ms may have for its
 * rate: RAMP times what was seen. */
uint64_t rate_seen(uint64_t trials, int64_t ms);

/* Trials that it has yet to report; while its worker resumes, of what that has listed.
 */
uint64_t thread_held(const struct thread *t);

/* Everything of the worker back at the head of the queue; its grants are gone. */
void grants_release(struct coord *c, struct worker *w, uint32_t *ret_ranges,
                    uint64_t *ret_trials);

/* All grants of the job, which has ended, are gone; their workers are told. */
void grants_drop_job(struct coord *c, struct job *j);

/* ---- schedule.c ---- */

void thread_hungry(struct coord *c, struct thread *t);
void thread_timer(struct coord *c, struct thread *t);

/* Takes the worker's threads out of the queues, before their memory goes. */
void schedule_unqueue(struct coord *c, const struct worker *w);
void schedule_run(struct coord *c); /* grants what can be granted */

/* ---- results.c ---- */

void results_take(struct coord *c, struct peer *p, const struct msg_results *r);
void results_recheck(struct coord *c); /* those that waited for a transaction */
void results_forget(struct coord *c, uint64_t worker); /* those of it that wait */
void results_recomputed(struct coord *c, const struct input *input);

/* ---- audit.c: what a worker's word is worth ---- */

void audits_init(struct audits *q);

/* Of a worker; made if need be. */
struct standing *standing_of(struct coord *c, uint64_t worker);
void standing_forget(struct coord *c, struct standing *s);
double standing_z(const struct standing *s);
void standing_trust(struct coord *c, struct standing *s);

/* One more result of it, which may be counted: in which state, and whether one of its
 * sub-counts is to be audited.  unaudited: results that will be audited whole once
 * audit_add() is called for them. */
enum row_state audit_draw(struct coord *c, const struct job *j, struct standing *s,
                          struct range r, uint64_t hits, uint32_t unaudited,
                          bool *ret_piece);
void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *a);

/* Hands out what the budget allows. */
void audit_run(struct coord *c);
int64_t audit_deadline(const struct coord *c);

/* False where it is none of the audits that are due. */
bool audit_recomputed(struct coord *c, const struct input *input,
                      const struct audit **ret_refuted);

/* None of the worker's is due any more. */
void audit_forget(struct coord *c, uint64_t worker);
bool audit_slows(const struct standing *s); /* it has to wait for its audits */

/* In a flush: rows that are verified now; and the records. */
void audit_flush_job(struct coord *c, struct job *j, ledger_sink *sink, void *ctx);
void audit_flush(struct transaction *t, ledger_sink *sink);

void audit_restore_standing(struct coord *c, const struct standing_record *r);
bool audit_restore(struct coord *c, struct job *j, const struct audit_record *r);

/* After the last record: what is provisional will be verified some day. */
void audit_restored(struct coord *c);

/* The same for a job that goes on. */
void audit_rows(struct coord *c, struct job *j);
void audit_release(struct coord *c);

/* ---- job.c ---- */

struct job *job_by_number(struct coord *c, uint64_t number);
struct job *job_current(struct coord *c); /* newest not ended, else newest, or NULL */
struct job *job_by_uid(struct coord *c, const uint8_t uid[UID_BYTES]);
bool job_ended(const struct job *j);
bool job_leasable(const struct job *j);
void job_started(struct coord *c, struct job *j);
void job_tick(struct coord *c, struct job *j);
int64_t job_deadline(const struct coord *c, const struct job *j); /* of its stop rule */

/* What would be shown if the state in memory were durable. */
void job_show(struct job *j, struct shown *ret);

/* In a flush, after its rows: whether the stop rule is met, and all that follows. */
void job_settle(struct coord *c, struct job *j, ledger_sink *sink, void *ctx);
void job_elapse(struct coord *c, struct job *j);
struct job *job_add(struct coord *c, const struct job_record *r);
struct job *job_restore(struct coord *c, const struct record *r);

/* After its last row: it is shown as it was before the restart. */
void job_restored(struct job *j);
void job_set_state(struct coord *c, struct job *j, enum job_state state,
                   enum note_type note);

/* It is cancelled, failed or done: its leases are dropped, and no more are made. */
void job_end(struct coord *c, struct job *j, enum job_state state, enum note_type note);
void job_dirty(struct coord *c, struct job *j);
void job_free(struct job *j);

/* ---- commit.c ---- */

void commit_flush(struct coord *c);
void commit_durable(struct coord *c, uint64_t id, int status);
void commit_retry(struct coord *c);

/* While the store refuses: why nothing is acknowledged. */
const char *commit_refusal(const struct coord *c);
struct answer *commit_answer(struct transaction *t, uint64_t worker, uint64_t grant);

/* Sends answers that depend on no transaction, or on one that has returned. */
void commit_send_answers(struct coord *c, const struct answer *a, size_t n);

/* All of a grant of this thread has been reported: counts until it is durable. */
void commit_reported(struct coord *c, struct thread *t);
bool commit_idle(const struct coord *c);

/* ---- reply.c ---- */

void view_of_job(struct coord *c, struct job *j, struct job_view *ret);
void view_request(struct coord *c, conn_id conn, const struct msg_request *r);
void view_reply_job(struct coord *c, conn_id conn, uint32_t request, struct job *j,
                    bool last, bool droppable);
void view_reply_done(struct coord *c, conn_id conn, uint32_t request);
__attribute__((format(printf, 6, 7))) void
view_reply_error(struct coord *c, conn_id conn, uint32_t request, enum error_code code,
                 const char *hint, const char *format, ...);
void view_rate(struct coord *c, struct job *j); /* brings its shown rate up to date */
void watch_fire(struct coord *c, struct watch *w);
void watch_job_ended(struct coord *c, struct job *j);
void watch_lost(struct coord *c, conn_id conn);

enum { WATCHES_A_PEER = 16, RATE_STEP_MS = 250 };
#define PI_QUARTER 0.78539816339744830962
bool believed(const struct standing *s);

void standing_changed(struct coord *c, struct standing *s);
bool suspicious(const struct standing *s);
void vouch(struct coord *c, const struct standing *s);
bool empty(const struct transaction *t);
void push_record(void *ctx, const struct record *r);
void transaction_clear(struct transaction *t);
void transaction_release(struct transaction *t);
void reply_later(struct coord *c, conn_id conn, const struct msg_request *r,
                 struct job *j);
void compare(struct coord *c, struct job *j, uint64_t first, uint64_t end,
             uint64_t hits, uint64_t rival);
bool may_get(const struct coord *c, const struct thread *t);
struct thread *pop_hungry(struct coord *c, size_t level);
void list_answers(struct coord *c, conn_id conn, uint32_t request);
void list_jobs(struct coord *c, conn_id conn, uint32_t request);
void list_workers(struct coord *c, conn_id conn, uint32_t request);
void reply_ledger(struct coord *c, conn_id conn, uint32_t request, struct job *j);
void reply_status(struct coord *c, conn_id conn, uint32_t request, struct job *j);
void watch_add(struct coord *c, conn_id conn, const struct msg_request *r,
               struct job *j);

#endif
