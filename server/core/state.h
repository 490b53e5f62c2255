// SPDX-License-Identifier: MIT
/*
 * The state that the files of the core share, and which file may change what.  Structs
 * only; each file's functions are in the header of its name.  Private to server/core/.
 *
 * Each member of struct coord belongs to the file named beside it: that file makes,
 * changes and releases it.  Others only read it.
 *
 * Each fact has one owner: only the job's ledger knows which range is leased to which
 * grant; a grant knows only which of its leases its worker has yet to report.
 */
#ifndef SERVER_CORE_STATE_H
#define SERVER_CORE_STATE_H

#include "common/base/arena.h"
#include "common/base/heap.h"
#include "common/base/map.h"
#include "common/base/ring.h"
#include "common/base/rng.h"
#include "common/base/vec.h"
#include "common/wire/limits.h"
#include "server/core/coord.h"
#include "server/core/ledger.h"

enum {
    GRANTS_IN_HAND_MAX = 8,  /* upper bound of coord_config.grants_in_hand */
    PEER_ADDRESS_BYTES = 64, /* "[2001:db8::1]:31415" and its NUL */
    RESUME_MS = 10000, /* how long a worker may take to resume what it held: its bounds
                         are kept, and after a restart new leases start at the
                         frontier */
    GRANT_MAX_MS = 10000 /* of its thread's time: the most that a grant takes */
};

struct audit;
struct dispute;
struct job;
struct worker;

enum timer_type { TIMER_THREAD, TIMER_WORKER, TIMER_WATCH, TIMER_JOB };

struct timer {
    struct heap_item item;
    enum timer_type type;
};

/* ---- recomputations ---- */

enum recomputation_kind { RECOMPUTES_AUDIT, RECOMPUTES_DISPUTE };

/* What is charged to the CPU budget, and what is exempt: audits of jobs with --audit
 * all. */
enum line_kind { LINE_BUDGET, LINE_EXEMPT };

/* A range to recompute; part of an audit or a dispute. */
struct recomputation {
    enum recomputation_kind kind;
    enum line_kind line;
    struct job *job;
    struct standing *of; /* of the worker in whose turn it is done */
    struct range range;
    uint64_t out;           /* trials handed out, from the first one on */
    uint64_t counted, hits; /* those of them that have come back, and their hits */
    bool lent;              /* some of the hits are of another worker, or will be */
    bool here;              /* it is done by picoord alone */
    struct recomputation *next;
};

/* Of one worker, oldest first: those wholly handed out, then those waiting. */
struct line {
    struct ring turn; /* in slices.turns while any waits, or a slice is lost */
    struct recomputation *head, **tail, **waiting;
    uint32_t lost; /* slices of it that were lent and are lost */
};

/* Handed out to picoord's own threads, or lent to a worker. */
struct slice {
    uint64_t id;
    struct recomputation *of; /* NULL: no longer wanted */
    enum line_kind kind;
    struct range range;
    int64_t us; /* estimated, of own threads */
    bool lent, lost;
};

/* ---- workers and what they hold ---- */

/* The standing of a worker; kept after the worker is gone. */
struct standing {
    uint64_t worker;
    uint64_t valid, passed; /* as in struct standing_record */
    uint64_t trials, hits;  /* as reported, since this process started */
    uint64_t gap;           /* to its next draw (draw.h); 0: not drawn yet */
    uint32_t due;           /* number of audits due, */
    uint32_t due_whole;     /* and of results in them that will be recomputed in full */
    bool trusted;           /* an operator has named it */
    enum trusted_as by_token; /* TRUSTED_NOT, _SPAWNED or _LOCAL: for this process */
    bool dirty;               /* its record has to be written */
    bool overdue;             /* owes too many recomputations to get more work */
    VEC(struct job *) unsure; /* jobs in which it may have provisional rows */
    unsigned __int128 debt; /* trials yet to recompute: of its audits and its dispute */
    struct line lines[2];
    struct dispute *dispute; /* of a result of this worker; or NULL */
};

struct grant {
    uint64_t id;   /* ours: 1, 2, 3 .. in the order of granting, never used twice */
    uint64_t wire; /* its number in messages to and from its worker */
    struct grant *same_place; /* in grants.at */
    struct job *job;
    struct thread *thread;
    struct grant *next; /* next in the thread's queue; oldest first */
    uint64_t first, count;
    uint32_t log2;
    bool expired;             /* its ranges are back in the ledger */
    uint64_t queued_before;   /* trials that the thread held when it was granted */
    uint64_t rate;            /* seen of the thread when it was granted, trials/s */
    uint64_t outstanding;     /* mask of leases not reported yet */
    uint64_t awaiting_commit; /* mask of leases whose result waits for a commit */
    uint64_t slice;           /* of an audit, which is recomputed by it; 0: none */
    bool copy;                /* of leases that another grant owns, or of none, */
    struct grant *of;         /* this one, while it exists */
    struct grant *copies, *next_copy;   /* of this one; and another of the same */
    struct grant *job_next, **job_link; /* grants of the same job */
    bool resumed;                       /* listed in the Resume that is being read */
    int64_t granted_ms;
};

struct thread {
    struct worker *worker;
    struct grant *head, **tail;
    uint32_t in_hand;  /* grants in the queue */
    uint32_t reported; /* grants all reported, whose answers wait for the store */
    uint64_t said;     /* its rate by the worker's word, trials/s; 0: unknown */
    uint64_t seen;     /* its rate as seen here, trials/s; 0: it has not reported */
    uint64_t window_trials; /* reported since window_ms */
    int64_t window_ms;
    bool watched;          /* seen for a whole window */
    bool delivers;         /* has reported a result */
    uint64_t last_trials;  /* size of its last grant */
    int64_t progress_ms;   /* last report, or last grant to an empty hand */
    struct timer timer;    /* at or before the earliest deadline of its leases */
    struct heap_item late; /* in grants.late, at or before a lease of its may be late */
    struct thread *ready_next, **ready_link; /* ready_link NULL: in no queue */
    uint32_t ready_level;
};

struct worker {
    uint64_t id;
    uint64_t origin; /* of its connection, or its last one */
    char name[NAME_BYTES + 1];
    char wish[NAME_BYTES + 1]; /* the name that it had asked for */
    char address[PEER_ADDRESS_BYTES], kernel[NAME_BYTES + 1];
    char *version; /* allocated: usually much shorter than its limit */
    conn_id conn;  /* 0: not connected */
    struct standing *standing;
    struct thread *threads;
    uint32_t n_threads; /* in use, of those that it claims */
    uint32_t claimed;
    uint32_t counted;   /* of them, in fleet.claims */
    uint32_t credit;    /* how often it has shown that it works; see worker_credit() */
    uint32_t copies;    /* among the grants of its threads */
    struct map resumed; /* wire -> grants that it held when it connected */
    uint64_t wire_base; /* what it calls other grants: id + wire_base */
    bool ready;         /* its Resume is complete */
    bool met;           /* was ready before */
    bool draining;      /* gets no more grants */
    bool left;          /* sent a Bye */
    bool kicked;        /* an operator has ended its last connection */
    int64_t heard_ms, gone_ms;
    uint64_t trials;  /* counted and durable, of all jobs, since this process started */
    uint32_t waiting; /* its results in waiting.results */
    VEC(uint64_t) slots; /* jobs in which it may have begun one; one may repeat */
    struct timer timer;
    size_t index; /* in fleet.workers */
};

enum peer_role { PEER_NEW, PEER_WORKER, PEER_OPERATOR, PEER_CLOSING };

struct peer {
    conn_id conn;
    enum peer_role role;
    bool trusted;
    enum trusted_as by_token; /* what its token says of it */
    enum role token;    /* the token it joined with, which a rotation ends; 0: none */
    bool comes_to_work; /* its Hello asked for the role of a worker */
    struct worker *worker;
    char address[PEER_ADDRESS_BYTES];
    uint64_t origin;
};

/* ---- jobs ---- */

/* What replies may show of a job: as of the last durable transaction. */
struct shown {
    bool there;
    enum job_state state;
    uint64_t trials;
    struct tally tally;
    int64_t elapsed_ms;
    uint64_t surplus;
    uint64_t doubt_first; /* where the first trial in doubt is, if there is one */
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
    bool dirty;          /* the pending transaction changes it */
    bool time_up;        /* its running time is over */
    bool leases_done;    /* and the wait for outstanding leases is over */
    uint64_t extend_to;  /* requested number of trials; 0: none */
    uint64_t stderr_end; /* end by the standard error, once all below is verified */
    int64_t pass;        /* stride scheduling: predicted thread-time, by weight */
    struct heap_item turn, turn_again; /* in turns.open and .again, by pass */
    struct grant *grants;
    struct timer timer; /* when its running time is over, and later its last leases */
    size_t active_at;   /* in jobs.active */
    uint32_t disputes;
    uint32_t audits_due; /* of its results */
    struct map whole; /* first trial -> id of the audit that verifies the row there */
    bool held;        /* disputes keep it from its end, */
    int64_t hold_ms;  /* since then, */
    int64_t held_ms;  /* and have done so for so long before */
    VEC(struct passed_row) passed_rows;
    bool recheck;      /* what untrusted workers have contributed is to be audited */
    bool audit_gap;    /* extended: provisional rows may have no audit due */
    bool discredited;  /* a row without an author was recomputed and is wrong */
    bool trust_gained; /* the author of some provisional rows has become trusted */
    int64_t run_ms; /* start of the interval not yet in elapsed_ms; -1: does not run */
    int64_t time_up_ms;
    double rate;
    int64_t rate_ms;
    uint64_t rate_done;
    uint64_t granted_end;  /* no lease was granted beyond it */
    uint64_t resume_floor; /* new grants start here until jobs.resume_ms */
    enum event_type event; /* reported once it is durable */
    bool has_event;
    bool answered; /* the pending transaction holds a final answer */
    bool removed;  /* a transaction that is not durable yet removes it */
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

/* Due from the arrival of the result until it has passed. */
struct audit {
    struct recomputation work;
    struct audit_record what;
    bool stored;
};

/* Two hits for one range.  The work is the rival's, whose result came later. */
struct dispute {
    struct recomputation work;
    uint64_t author, author_hits, rival_hits;
};

/* ---- transactions ---- */

/* Answers to results that are counted in a transaction; masks of leases. */
struct answer {
    uint64_t worker, grant;
    uint64_t counted, covered, dropped, stale;
    uint64_t trials;
};

/* A reply to send once the transaction is durable. */
struct due {
    conn_id conn;
    struct msg_request request; /* without its strings */
    struct job *job;            /* NULL: reply only that it is done, */
    uint64_t worker;            /* to that worker; 0: none */
    const char *note;           /* static; with a worker */
};

struct revocation {
    uint64_t job, author, trials, hits;
};

/* So many trials of a job that has ended are in doubt from now on. */
struct doubt {
    struct job *job;
    uint64_t trials;
};

/* All leases of a grant of that thread have been reported. */
struct reported {
    uint64_t worker;
    uint32_t thread;
};

/* The records for the store, and all that is sent once they are durable. */
struct transaction {
    uint64_t id;
    struct record_list records;
    VEC(struct answer) answers;
    VEC(struct reported) reported;
    VEC(struct due) due;
    VEC(struct ban_record) bans;
    VEC(uint64_t) pardons; /* after the bans */
    VEC(struct revocation) revocations;
    VEC(struct doubt) doubts;
    VEC(struct final) finals;
    VEC(struct job *) jobs;     /* changed in it */
    VEC(struct job *) removed;  /* by it; none of them is in `jobs` */
    VEC(struct audit *) audits; /* new in it */
    VEC(uint64_t) audited;
    VEC(struct standing *) standings;
    uint32_t leases;
};

/* A result that touches the transaction in flight. */
struct waiting {
    uint64_t worker, grant, wire, job, first, end, hits;
    uint32_t lease;
};

/* ---- the members, each of one file ---- */

struct core_clock {
    int64_t now_ms;   /* time of this step on the core's clock, without lateness */
    int64_t start_ms; /* of the first step */
    int64_t late_ms;  /* the caller's clock minus the core's */
    int64_t asked_ms; /* the last requested deadline, on the caller's clock */
    bool begun;
};

struct stop {
    bool asked, finish_leases, done;
};

struct entropy {
    struct rng shown;
    struct sip_key draws, maps;
    uint64_t drawn; /* number of hidden draws */
};

struct outputs {
    struct arena arena; /* of this step: messages, texts */
    VEC(struct effect) effects;
    struct heap timers;
    bool stepping;
};

struct peer_table {
    struct map by_conn; /* conn -> struct peer */
    uint32_t refused;   /* workers refused of late, since the last one was accepted */
    int64_t refused_ms; /* time of the last one */
    char refused_why[TEXT_BYTES + 1];
};

struct admission {
    struct map by_origin; /* origin -> number of new workers in this hour */
    uintptr_t new_ids;    /* the same for all origins */
    int64_t hour_ends_ms;
};

struct fleet {
    struct map by_id;   /* worker id -> struct worker */
    struct map by_name; /* hash of the name -> struct worker */
    struct map claims;  /* origin -> threads that its connected workers claim */
    VEC(struct worker *) workers;
    uint32_t threads;    /* of workers that are ready */
    uint32_t delivering; /* of them, those that have reported results */
    double seen;         /* trials/s, sum of their rates */
};

struct standing_table {
    struct map by_worker; /* worker id -> struct standing */
    struct map bans;      /* worker id -> struct ban_record */
};

struct grant_table {
    struct grant **at; /* by number: its lowest bits name the place */
    size_t n, places;  /* places: a power of two */
    uint64_t next_id;
    struct grant *spare;
    struct heap late; /* busy threads: when one of their leases may be late */
    size_t owning;    /* number of grants that are neither copies nor expired */
};

/* Jobs that may have something to lease, by their use of threads. */
struct turns {
    struct heap open;
    struct heap again; /* those of them that may lease something again */
    int64_t pass;      /* of the job that was served last */
};

/* Queues by number of grants in hand; the last one is for full hands. */
struct ready_queues {
    struct thread *head[GRANTS_IN_HAND_MAX + 1];
    struct thread **tail[GRANTS_IN_HAND_MAX + 1];
};

struct job_table {
    VEC(struct job *) all;    /* in the order of their numbers */
    VEC(struct job *) active; /* those that have not ended */
    struct map by_uid;        /* active ones */
    struct map by_request;    /* all; of equal hashes the first */
    VEC(struct final) answers;
    uint64_t removed;  /* the highest number of a job that was removed; 0: none */
    int64_t resume_ms; /* until then, leases start at the jobs' resume_floor */
};

struct commits {
    struct transaction pending, flight;
    uint64_t next_id;
    bool in_flight;
    int64_t retry_ms; /* time of the next try; -1: the store has not failed */
    int store_status; /* error of the last try */
};

struct waiting_results {
    VEC(struct waiting) results;
    VEC(struct waiting) spare; /* memory for the list that is being read */
};

struct slices {
    struct ring turns[2];        /* lines in which something waits, by their kind */
    enum line_kind last;         /* whose turn it was */
    unsigned __int128 trials[2]; /* yet to recompute; a few ranges are beyond 2^64 */
    VEC(struct slice) out;
    uint32_t here, lent;          /* how many of those are with whom */
    int64_t out_us;               /* how long those here take */
    int64_t budget_us, budget_ms; /* left of the CPU budget; when last credited */
    uint64_t speed;               /* of recomputation, trials a microsecond */
    uint64_t next_id;
};

struct audit_table {
    uint32_t due;
    uint64_t next_id;
};

struct schedule {
    int64_t speculate_ms; /* next search for stragglers; -1: none */
};

struct watch_list {
    struct watch *head;
};

struct coord {
    struct coord_config config;
    char version[TEXT_BYTES + 1];
    struct entropy entropy;          /* entropy.c */
    struct core_clock clock;         /* coord.c */
    struct stop stop;                /* coord.c */
    struct outputs out;              /* effects.c */
    struct peer_table peers;         /* peer.c */
    struct admission admission;      /* session.c */
    struct fleet fleet;              /* worker.c; rate.c: what is seen */
    struct standing_table standings; /* standing.c */
    struct grant_table grants;       /* grant.c */
    struct ready_queues ready;       /* ready.c */
    struct turns turns;              /* turn.c */
    struct schedule schedule;        /* schedule.c */
    struct job_table jobs;           /* job.c */
    struct commits commits;          /* filled by transaction.c, flushed by commit.c */
    struct waiting_results waiting;  /* results.c; transaction.c drops a worker's */
    struct slices slices;            /* slices.c */
    struct audit_table audits;       /* audit.c */
    VEC(struct job *) held;          /* dispute.c: those that disputes keep open */
    struct watch_list watches;       /* watch.c */
    VEC(struct due) deferred;        /* request.c: questions that wait for a commit */
};

#endif
