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

#define PROGRAM_SPEED_ONE 1000 /* a trial a second, as struct program.speed */

/* The bits of a worker's set of kinds, and the sets that are told apart. */
enum { KINDS_MAX = 64, CLASSES_MAX = 64 };

struct audit;
struct dispute;
struct job;
struct worker;

enum timer_type { TIMER_THREAD, TIMER_WORKER, TIMER_WATCH, TIMER_JOB };

struct timer {
    struct heap_item item;
    enum timer_type type;
};

/* ---- what is counted ---- */

/* A program's turn among others at being recomputed. */
struct program_turn {
    struct ring turn;  /* in slices.desks[], while a line of it waits */
    struct ring lines; /* in which something waits, of all workers */
    int64_t pass;      /* CPU time that it has taken, in us; see lines_charge() */
};

/* Never freed while the coordinator lives.  Rates are in the ledger's trials a
 * second. */
struct program {
    char name[NAME_BYTES + 1]; /* "": pi */
    double seen;               /* sum of the rates of all threads at it */
    uint32_t delivering;       /* threads that have a rate */
    uint32_t open;             /* jobs of it that have not ended */
    bool own;                  /* picoord has it too, */
    uint64_t test,
        speed;         /* with this self-test; its own trials in a thousand seconds */
    int64_t failed_ms; /* its own has failed, and is not used until then */
    char why[TEXT_BYTES + 1]; /* it has */
    unsigned __int128 trials; /* yet to recompute */
    struct program_turn turns[2]; /* by the kind of their lines */
    uint64_t counted; /* its own trials since the start: durable, even if revoked later
                       */
    uint64_t again;   /* the ledger's that were leased again */
};

static inline bool program_is_pi(const struct program *p)
{
    return !*p->name;
}

/* A program as one self-test knows it; the first is pi. */
struct kind {
    struct program *program;
    bool test_known; /* false: the test of whoever comes first, nobody is here yet */
    uint64_t test;
    uint32_t jobs; /* of it that have not ended */
    /* turn.c: jobs that may have something to lease, by their use of threads; and those
     * of them that may lease something again. */
    struct heap open, again;
    int64_t pass;  /* of the job of it that was served last */
    int64_t floor; /* a pass below counts as this: nobody could serve it until then */
};

/* ---- recomputations ---- */

enum recomputation_kind { RECOMPUTES_AUDIT, RECOMPUTES_DISPUTE };

/* What is charged to the CPU budget, and what is exempt: audits of jobs with --audit
 * all. */
enum line_kind { LINE_BUDGET, LINE_EXEMPT };

/* pi is recomputed on threads of its own, so that no trial of a program holds it up. */
enum desk { DESK_PI, DESK_PROGRAMS, DESKS };

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
    bool again;             /* of a program: a second time, to be sure */
    uint64_t before;        /* the hits of the first time */
    struct recomputation *next;
};

/* Of one worker, oldest first: those wholly handed out, then those waiting. */
struct line {
    struct ring turn; /* in program.turns while any waits, or a slice is lost */
    struct recomputation *head, **tail, **waiting;
    uint32_t lost; /* slices of it that were lent and are lost */
};

/* Handed out to picoord's own threads, or lent to a worker. */
struct slice {
    uint64_t id;
    struct recomputation *of; /* NULL: no longer wanted */
    struct program *program;
    enum line_kind kind;
    struct range range;
    int64_t us; /* estimated, of own threads */
    bool lent, lost;
};

/* ---- workers and what they hold ---- */

/* The standing of a worker in a program; kept after the worker is gone.  That in pi,
 * the base, also has what is of the worker as a whole: whether it is trusted. */
struct standing {
    uint64_t worker;
    struct program *program;
    struct standing *base, *next; /* of the same worker: in pi; in another program */
    char
        *excluded; /* allocated: why it is excluded from the program; NULL: it is not */
    uint64_t wrong_job;
    struct range wrong;     /* the range that was wrong */
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
    uint64_t rate;            /* expected of the thread when it was granted, trials/s */
    int64_t queued_ms;        /* for what it held of other programs */
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

/* How fast a thread is at a program. */
struct pace {
    struct program *program;
    struct pace *next;
    uint64_t said;          /* by the worker's word, trials/s; 0: unknown */
    uint64_t seen;          /* as seen here, trials/s; 0: it has not reported */
    uint64_t expected;      /* until then, by its self-test; 0: unknown */
    uint64_t window_trials; /* reported in window_ms */
    int64_t window_ms;
    bool watched;         /* seen for a whole window */
    uint64_t last_trials; /* size of its last grant */
};

struct thread {
    struct worker *worker;
    struct grant *head, **tail;
    uint32_t in_hand;        /* grants in the queue */
    uint32_t reported;       /* grants all reported, whose answers wait for the store */
    struct pace pi, *others; /* others: of programs */
    uint32_t paces;          /* of them, those with a rate */
    int64_t mark_ms;         /* until when its time is accounted for */
    bool delivers;           /* has reported a result */
    int64_t progress_ms;     /* last report, or last grant to an empty hand */
    struct timer timer;      /* at or before the earliest deadline of its leases */
    struct heap_item late; /* in grants.late, at or before a lease of its may be late */
    struct thread *ready_next, **ready_link; /* ready_link NULL: in no queue */
    uint32_t ready_level, ready_class;
};

/* What a worker's Hello says that it runs. */
struct offer {
    char name[NAME_BYTES + 1];
    uint64_t test;
    double rate; /* trials/s of a thread */
};

/* What its Resume says has failed. */
struct failure {
    char name[NAME_BYTES + 1];
    char *why, *said; /* allocated */
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
    struct offer *offers;
    struct failure *failures;
    uint32_t n_offers, n_failures;
    uint32_t class_; /* of ready.classes, while it is in one */
    bool classed;
    bool ready;    /* its Resume is complete */
    bool met;      /* was ready before */
    bool draining; /* gets no more grants */
    bool left;     /* sent a Bye */
    bool kicked;   /* an operator has ended its last connection */
    int64_t heard_ms, gone_ms;
    int64_t resume_ms; /* while not ready: when it was welcomed, or last resumed */
    int64_t joined_ms; /* Unix time; for display only */
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
    int64_t started_ms, ended_ms; /* as in struct job_record */
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
    struct program_record of; /* what it counts; no name: pi */
    struct program *program;
    struct kind *kind;        /* while it is open */
    bool of_dirty;            /* that has to be written */
    char why[TEXT_BYTES + 1]; /* why it failed */
    struct ledger ledger;
    struct shown shown, next_shown;
    bool dirty;          /* the pending transaction changes it */
    bool time_up;        /* its running time is over */
    bool leases_done;    /* and the wait for outstanding leases is over */
    uint64_t extend_to;  /* requested number of trials; 0: none */
    uint64_t stderr_end; /* end by the standard error, once all below is verified */
    int64_t pass;        /* stride scheduling: predicted thread-time, by weight */
    struct heap_item turn, turn_again; /* in its kind's heaps, by pass */
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
    bool rate_known; /* since it began to run, or went on */
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

/* log2 of the ledger's trials in one of the job's. */
static inline uint32_t job_unit(const struct job *j)
{
    return program_is_pi(j->program) ? 0 : UNIT_LOG2;
}

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
    struct program *program;
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

/* The worker was wrong in that program. */
struct excluded {
    uint64_t worker;
    const struct program *program;
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
    VEC(struct excluded) excluded;
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
    int64_t wall_ms;  /* Unix time of this step; for display only; 0: not known */
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

/* A worker was wrong, or may have been (worker.h). */
struct wrong {
    struct job *job;
    struct range range;
    char reason[TEXT_BYTES + 1];
};

struct fleet {
    struct map by_id;   /* worker id -> struct worker */
    struct map by_name; /* hash of the name -> struct worker */
    struct map claims;  /* origin -> threads that its connected workers claim */
    VEC(struct worker *) workers;
    uint32_t threads;    /* of workers that are ready */
    uint32_t delivering; /* of them, those that have reported results */
    size_t said_bytes;   /* that failures have said, kept of all workers */
    uint64_t reading;    /* a worker whose results are being read; 0: none */
    VEC(struct wrong) wrongs; /* that they have shown of it */
};

struct standing_table {
    struct map by_worker; /* worker id -> struct standing, its base */
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

struct kind_table {
    VEC(struct program *) programs; /* the first is pi */
    struct kind all[KINDS_MAX];
    size_t n;
    int64_t pass; /* turn.c: of the job that was served last, whatever its kind */
    bool changed; /* ready.c: what workers may compute has to be found anew */
};

/* Threads of workers that may compute the same kinds.  Queues by number of grants in
 * hand; the last one is for full hands. */
struct ready_class {
    uint64_t may; /* set of kinds */
    uint32_t workers;
    struct thread *head[GRANTS_IN_HAND_MAX + 1];
    struct thread **tail[GRANTS_IN_HAND_MAX + 1];
};

/* The first class has pi alone. */
struct ready_queues {
    struct ready_class classes[CLASSES_MAX];
    size_t n;
    uint32_t linked[GRANTS_IN_HAND_MAX + 1]; /* threads in the queues of all classes */
    uint64_t served;                         /* kinds that some worker may compute */
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
    struct desk_slices {
        struct ring turns[2]; /* programs of which something waits, least pass first */
        int64_t pass[2];      /* of the one that was served last */
        enum line_kind last;  /* whose turn it was */
        uint32_t here;        /* slices with picoord's own threads, */
        int64_t out_us;       /* and how long they take */
        int64_t budget_us, budget_ms; /* left of the CPU budget; when last credited */
    } desks[DESKS];
    unsigned __int128 trials[2]; /* of pi, yet to recompute; ranges are beyond 2^64 */
    VEC(struct slice) out;
    uint32_t lent;           /* how many of those are lent */
    uint64_t speed;          /* of recomputing pi, trials a microsecond */
    uint32_t percent[DESKS]; /* of a core */
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
    struct kind_table kinds;         /* kind.c; turn.c: heaps; rate.c: what is seen */
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
