// SPDX-License-Identifier: MIT
/*
 * A world: a real coordinator core, real agent cores, the real wire code and frames,
 * and around them a clock, a network, a disk, machines, operators and faults, all drawn
 * from one seed.  One thread, virtual time; a seed replays byte for byte.
 *
 * The world owns all that it points to, until world_release().  A check that finds a
 * violation calls world_fail(), which does not return.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "common/base/arena.h"
#include "common/wire/frame.h"
#include "common/wire/msg.h"
#include "common/wire/wire.h"
#include "server/core/coord.h"
#include "tests/sim/chance.h"
#include "tests/sim/image.h"
#include "tests/sim/plan.h"
#include "tests/sim/queue.h"
#include "worker/core/agent.h"

enum {
    SECOND_US = 1000000,
    SOFT_BYTES = 16 * 1024,  /* queued for a reader: above, updates are left out */
    HARD_BYTES = 256 * 1024, /* above this, the reader is disconnected */
    STRANGER_US = 5 * SECOND_US,
    RECOMPUTES_MAX = 64,
    REPEATS = 64,
    TOKEN_ASKS_MAX = 16,
    PROOF_SIZE = 5,
    LINES = 40, /* of the trace, shown after a failure */
};

/* ---- the network ---- */

enum side { SIDE_HOST, SIDE_PEER };

static inline enum side other_side(enum side s)
{
    return s == SIDE_HOST ? SIDE_PEER : SIDE_HOST;
}

struct piece {
    int64_t at_us;
    size_t bytes;
    bool end; /* the end of the stream */
};

/* One direction of a connection, named by the side that reads it. */
struct byte_stream {
    uint8_t *bytes; /* [start, end): written and not yet read */
    size_t start, end, capacity;
    size_t unsent;  /* of those, written in this turn */
    size_t arrived; /* of those, available to the reader */
    struct piece *pieces;
    size_t first_piece, n_pieces, pieces_capacity;
    int64_t last_us; /* arrival of the last piece: pieces stay in order */
    bool gone;       /* it will never be read */
    bool ended;
    int64_t read_at_us; /* when a slow reader continues */
};

enum peer_kind { PEER_WORKER, PEER_ROGUE, PEER_OPERATOR, PEER_WATCHER };

struct party;

struct cable {
    uint64_t conn;
    uint32_t index, peer;
    enum peer_kind kind;
    struct party *party; /* owner of the secret; NULL for operators */
    struct byte_stream to[2];
    struct frame_reader reader[2];
    bool open[2];
    bool announced, heard, welcomed; /* as the host knows */
    bool closing;                    /* INPUT_LOST is scheduled */
    uint32_t life;                   /* the host's life */
    int64_t heard_us;                /* last whole message to the host */
    int64_t low_us, spread_us;       /* latency */
    bool slow;                       /* the peer reads small pieces */
    enum role asked, token;          /* role in its Hello, and of its token */
    uint32_t generation;             /* generation of its token */
    uint32_t offers, other;          /* programs of its Hello; with another test */
};

/* ---- tokens ---- */

struct proof {
    uint8_t bytes[PROOF_SIZE]; /* role and generation of the token */
};

/* An EFFECT_TOKEN to be answered. */
struct token_ask {
    bool used;
    uint64_t conn;
    uint32_t request;
    bool rotate;
    enum role role;
};

/* ---- owners of secrets ---- */

struct seen_grant {
    uint64_t grant, first, count, seed;
    uint64_t open;       /* leases that the coordinator waits for, as seen here */
    uint64_t unreported; /* those, and expired ones */
    uint64_t owed;       /* listed in Resume as computed; results follow */
    uint64_t expected;   /* reported while the coordinator still waited for them */
    uint32_t job, thread, log2, life; /* life: of the coordinator */
    bool doubled; /* speculative: another worker still owns the range */
    bool again;   /* another worker had the range and lost it */
    uint8_t uid[UID_BYTES], token[TOKEN_BYTES];
    /* When it was granted, what its thread had to do before it, and the known rate of
     * the thread: determines when its leases are due. */
    int64_t made_us, frozen_us;
    uint64_t ahead, rate;
};

struct party {
    uint64_t id;
    uint8_t secret[UID_BYTES];
    char name[NAME_BYTES + 1];
    bool honest, drained, banned;
    bool excused;      /* its pardon may have been heard, but is not on the disk */
    bool named;        /* an operator trusts it, or has trusted it */
    uint32_t excluded; /* set of programs that it has been excluded from */
    bool doubled; /* a rogue has come by its secret: both call their grants alike */
    char known_as[NAME_BYTES + 1]; /* in its last Welcome, */
    int64_t there_us;              /* and when it was there last */
    uint32_t life;                 /* of the host, then */
    struct cable *link;            /* connection of its last Welcome */
    /* Of each thread: when it last reported or resumed, and its slowest report since,
     * in trials/s; 0: none. */
    int64_t seen_us[PLAN_THREADS];
    uint64_t slowest[PLAN_THREADS];
    struct seen_grant *grants;
    size_t n_grants, capacity;
    struct ranges granted[JOBS_MAX + 1]; /* by job number */
    /* Where the last grant in each job ended, if within a slot that it began; else 0.
     */
    uint64_t rest[JOBS_MAX + 1];
};

/* ---- workers ---- */

struct work {
    uint64_t grant, seed, first, count, leases;
    uint32_t log2;
    struct program_record of;
};

struct thread {
    struct work *queue;
    size_t n, capacity;
    bool busy, hung;
    uint64_t grant; /* the lease being computed */
    uint32_t lease, epoch;
    struct range range;
    uint64_t seed;
    struct program_record of;
    int64_t begun_us, finish_us, left_us;
};

/* A lease that a thread has finished, before the agent is told. */
struct report {
    bool used, cancelled;
    uint32_t thread, lease;
    uint64_t grant, seed, micros;
    struct range range;
    struct program_record of;
};

enum worker_life { LIFE_RUNNING, LIFE_STOPPED, LIFE_DEAD };

struct worker {
    struct party *party;
    struct agent *agent;
    enum worker_life life;
    const struct plan_worker *plan;
    uint32_t index, place; /* place: index in the plan */
    struct cable *link;
    struct proof proof;
    struct thread *threads;
    struct report *reports;
    struct agent_program programs[PLAN_PROGRAMS];
    size_t n_reports;
    struct sim_event *deferred; /* events received while stopped */
    size_t n_deferred, deferred_capacity;
    int64_t clock_ms, deadline_ms, tick_us;
    bool stepping, exiting, dying;
};

/* ---- the coordinator's machine ---- */

struct recompute {
    bool used;
    uint64_t id, seed, first, count;
    struct program_record of;
};

/* Whose slice was the last one, and how many before it while others waited. */
struct turn {
    uint64_t worker;
    int n;
};

struct transaction {
    uint64_t id;
    struct record *records;
    size_t n;
    int status;
    bool applied;
};

/* A lease that is granted again in this step. */
struct repeat {
    uint64_t first;
    bool lost; /* it was given back; else another worker still has it */
};

struct host {
    struct coord *coord;
    bool up, frozen, stepping, stopping;
    uint32_t life;
    int64_t clock_ms, now_ms, deadline_ms, tick_us, began_us, thawed_us, frozen_us,
        began_frozen_us;
    struct sim_event *deferred;
    size_t n_deferred, deferred_capacity;
    struct recompute recomputes[RECOMPUTES_MAX];
    struct ranges asked[JOBS_MAX + 1], recounted[JOBS_MAX + 1]; /* in this life */
    struct turn turns[2];        /* of samples, and of what is exempt from the budget */
    uint32_t n_asked;            /* slices */
    int64_t budget_us, spent_us; /* on samples since then */
    struct token_ask token_asks[TOKEN_ASKS_MAX];
    struct transaction *flight; /* oldest first */
    size_t n_flight, flight_capacity;
    bool writing;               /* the disk writes the oldest one */
    struct transaction refused; /* the disk was full; tried again later */
    uint64_t last_transaction;
    int64_t full_until_us; /* the disk is full until then */
    bool stopped;
    struct repeat repeats[REPEATS];
    size_t n_repeats;
    bool resuming[JOBS_MAX + 1]; /* an operator has requested it */
    bool cancelling[JOBS_MAX + 1];
    uint64_t floor[JOBS_MAX + 1];        /* the frontiers that it found */
    uint64_t leased_here[JOBS_MAX + 1];  /* trials, in this life, resumed ones too */
    uint64_t leased_to[JOBS_MAX + 1];    /* the highest end of a grant, */
    uint64_t leased_below[JOBS_MAX + 1]; /* and the job's end when that was made */
    uint64_t ledger_job, ledger_done, ledger_hits; /* of a ledger that is being sent */
    uint64_t questions;                            /* put to it by the oracle */
};

/* ---- other clients ---- */

/* An operator with pictl: a list of actions, one after another. */
struct operator_ {
    struct cable *link;
    bool welcome, waiting;
    uint32_t next, request;
    int64_t since_us;          /* of its last dial or request */
    uint64_t number[JOBS_MAX]; /* numbers of the jobs that it submitted */
    uint64_t watched_done;     /* last `done` of the watched job */
    struct party *about;       /* the worker that it has last named */
    bool by_id;                /* and not by its name */
    char id[17];               /* its id as text */
    bool watches;
};

struct rogue {
    struct party *party; /* its own, or the owner of a stolen secret */
    struct cable *link;
    bool welcome, resumed, replays;
};

struct stats {
    uint64_t events, frames, bytes, resets, worker_crashes, restarts, freezes, stops;
    uint64_t resent, full, bans, recomputes, lent, expired, speculated, dropped, stale;
    uint64_t counted, covered, commits, refusals, shown, put_off, left_out, rotations;
    uint64_t removed;
    int64_t virtual_us;
};

struct trace {
    bool detail; /* trace every step, to find a bug */
    bool people; /* trace what peers exchange */
    bool print;  /* print it; else keep the last LINES lines for a failure */
    char lines[LINES][200];
    size_t n;
    char *text; /* a scenario keeps everything */
    size_t text_bytes, text_capacity;
    uint64_t *grants; /* named g1, g2, ... in the trace */
    size_t n_grants;
};

struct world {
    struct plan plan;
    struct rng rng, names; /* names: apart, so that earlier worlds stay the same */
    struct queue queue;
    int64_t now_us;
    bool healed, ending;
    struct host host;
    struct image image;
    struct cable **links;
    size_t n_links, first_open; /* links before first_open are closed on both sides */
    struct cable **dirty;       /* links written to in this turn */
    size_t n_dirty, dirty_capacity;
    struct party **parties;
    size_t n_parties;
    struct worker **workers;
    size_t n_workers;
    struct worker *place[WORKERS_MAX]; /* the current worker of each place */
    uint32_t token;                    /* generation of the workers' token on disk */
    uint32_t told[WORKERS_MAX];        /* the generation known at each place */
    struct rogue rogues[ROGUES_MAX];
    struct operator_ operator_, watcher;
    bool lied;        /* somebody did: the sum may be wrong */
    bool trusting;    /* an operator has named somebody who may lie */
    int64_t bound_us; /* by then all jobs have ended */
    struct arena scratch, incoming, answers;
    uint8_t *frame; /* one frame being written */
    uint64_t *pieces;
    uint64_t hash;
    struct stats stats;
    struct trace trace;
};

void world_init(struct world *w, const struct plan *plan);
void world_run(struct world *w);
void world_release(struct world *w);

__attribute__((noreturn, format(printf, 2, 3))) void
world_fail(struct world *w, const char *format, ...);

static inline void world_at(struct world *w, int64_t at_us, enum sim_event_type type,
                            uint32_t who, uint64_t arg)
{
    assert(at_us >= w->now_us);
    queue_push(&w->queue, (struct sim_event){at_us, 0, type, who, arg});
}

static inline void world_hash(struct world *w, uint64_t x)
{
    w->hash = (w->hash ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    w->hash ^= w->hash >> 29;
}

/* ---- hash.c ---- */

void world_hash_bytes(struct world *w, const void *bytes, size_t n);
void world_hash_message(struct world *w, const struct msg *m); /* one not sent */
void world_hash_effect(struct world *w, const struct effect *e);
void world_hash_agent(struct world *w, uint32_t worker, const struct agent_effect *e);

/* ---- net.c ---- */

struct cable *cable_new(struct world *w, enum peer_kind kind, uint32_t peer,
                        struct party *party);
void cable_free(struct cable *l);
void cable_write(struct world *w, struct cable *l, enum side to, const void *bytes,
                 size_t n);
void cable_send(struct world *w, struct cable *l, enum side to, const struct msg *m);
void cables_flush(struct world *w); /* at the end of a turn */
void cable_close(struct world *w, struct cable *l, enum side by); /* orderly */
void cable_abort(struct world *w, struct cable *l, enum side by);
void cable_reset(struct world *w, struct cable *l); /* both ends are notified */
void cable_half_open(struct world *w, struct cable *l, enum side who_learns);
void cable_vanish(struct world *w, struct cable *l); /* no end is notified */
void cable_stall(struct cable *l, int64_t until_us);
void cable_pump(struct world *w, struct cable *l, enum side s);
void net_event(struct world *w, const struct sim_event *e);
size_t cable_backlog(const struct cable *l, enum side to);

/* ---- host.c: the coordinator's shell ---- */

void host_start(struct world *w);
void host_crash(struct world *w);
void host_release(struct world *w);
bool host_reads(const struct world *w, const struct cable *l);
void host_message(struct world *w, struct cable *l, const struct msg *m);
void host_bad(struct world *w, struct cable *l, const char *why);
void host_lost(struct world *w, struct cable *l);
void host_announce(struct world *w, struct cable *l);
void host_event(struct world *w, const struct sim_event *e);
void host_step(struct world *w, struct input *in);

/* ---- paced.c: how long things take ---- */

void paced_granted(struct world *w, const struct party *p, const struct seen_grant *g);
void paced_shown(struct world *w, const struct job_view *v);
void paced_answer(struct world *w, uint64_t number, const struct answer_record *a);

/* ---- disk.c: its disk ---- */

void disk_begin(struct world *w, const struct effect *e);
void disk_event(struct world *w, const struct sim_event *e);
void disk_crash(struct world *w);

/* ---- oracle.c: what the coordinator may do ---- */

void oracle_update(struct world *w, const struct update *u);
void oracle_send(struct world *w, struct cable *l, const struct msg *m);
void oracle_heard(struct world *w, struct cable *l, const struct msg *m);
void oracle_revoke(struct world *w, const struct effect *e);
void oracle_note(struct world *w, const struct event *n);
void oracle_refusal(struct world *w, const struct cable *l,
                    const struct msg_refusal *m);
void oracle_stopped(struct world *w);
void oracle_clocks(struct world *w);
/* granted.c.  The second: the job as it will be, since the coordinator may act on what
 * is being written, but not confirm it.  The third: rests of slots may have come back,
 * which may begin anywhere; forgets all. */
void oracle_grants(struct world *w, struct cable *l, const struct msg_grants *m);
struct job_record oracle_job_soon(const struct world *w, uint32_t number);
void oracle_slots_change(struct world *w);
void oracle_answer(struct world *w, uint64_t number, const struct answer_record *a);
void oracle_reply(struct world *w, const struct cable *l,
                  const struct msg_reply *r); /* shown.c; NULL: to itself */
void oracle_ask(struct world *w);             /* shown.c: after a step */
void oracle_look(struct world *w); /* now and then: leases, silence, coord_check() */
void oracle_end(struct world *w);

/* ---- recount.c ---- */

void recount_begin(struct world *w, const struct effect *e);
void recount_end(struct world *w, uint32_t slot);
void recount_check(struct world *w, const struct record *audit);
void recount_granted(struct world *w, const struct party *p,
                     const struct seen_grant *g);
bool recount_lent(struct world *w, const struct party *p, const struct seen_grant *g);
void recount_reported(struct world *w, struct party *p, const struct msg_results *m);
void recounts_forget(struct host *h); /* the process has ended */

/* ---- token.c ---- */

struct proof proof_of(enum role token, uint32_t generation);
struct proof proof_local(uint32_t generation);
enum auth sim_authorize(void *ctx, enum role role, const uint8_t *proof, size_t bytes);
void token_ask(struct world *w, const struct effect *e);
void token_event(struct world *w, const struct sim_event *e);
void token_heard(struct world *w, struct cable *l, const struct msg_hello *m);
void token_welcome(struct world *w, const struct cable *l);
void token_refusal(struct world *w, const struct cable *l);

/* ---- party.c ---- */

struct party *party_new(struct world *w, const char *name, bool honest);
struct party *party_by_id(struct world *w, uint64_t id);
struct party *party_named(struct world *w, const char *name); /* by this host */
struct seen_grant *party_grant(struct party *p, uint64_t grant);
void party_add_grant(struct world *w, struct party *p, struct seen_grant g);
void party_reports(const struct world *w, struct party *p, const struct msg_results *r);
void party_loses(struct party *p, uint64_t grant, uint64_t leases);
void party_resumes(struct world *w, struct party *p, const struct msg_resume *m);
void party_expires(struct party *p, uint32_t thread); /* has lost all its leases */
bool party_owes(const struct party *p);
int64_t party_due_us(const struct world *w, const struct party *p,
                     const struct seen_grant *g);
void party_loses_all(struct party *p); /* its connection has ended */
void party_free(struct party *p);
uint64_t secret_id(const uint8_t secret[UID_BYTES]);

/* ---- fleet.c ---- */

void fleet_start(struct world *w, uint32_t place);
void fleet_message(struct world *w, struct worker *k, const struct msg *m);
void fleet_lost(struct world *w, struct worker *k);
void fleet_event(struct world *w, const struct sim_event *e);
void fleet_heal(struct world *w);
bool fleet_idle(const struct world *w); /* no worker holds or awaits anything */
void fleet_crash(struct world *w, struct worker *k, bool quietly);
void fleet_stop(struct world *w, struct worker *k, int64_t for_us);
void fleet_drain(struct world *w, struct worker *k);
void fleet_free(struct worker *k);
void fleet_step(struct world *w, struct worker *k, struct agent_input *in);

/* ---- cpu.c: what a worker's threads do ---- */

void cpu_assign(struct world *w, struct worker *k, uint32_t thread, struct work x);
void cpu_unassign(struct world *w, struct worker *k, uint32_t thread, uint64_t grant,
                  uint64_t leases);
void cpu_computed(struct world *w, struct worker *k, uint32_t thread, uint32_t epoch);
void cpu_report(struct world *w, struct worker *k, uint64_t slot);
void cpus_stop(struct world *w, struct worker *k);
void cpus_cont(struct world *w, struct worker *k);

/* ---- operator.c, rogue.c, fault.c ---- */

void operator_start(struct world *w);
void operator_message(struct world *w, struct cable *l, const struct msg *m);
void operator_lost(struct world *w, struct cable *l);
void operator_event(struct world *w, const struct sim_event *e);
bool operator_idle(const struct world *w);
struct msg_submit plan_submit(const struct plan_job *j);

void rogues_start(struct world *w);
void rogue_message(struct world *w, struct cable *l, const struct msg *m);
void rogue_lost(struct world *w, struct cable *l);
void rogue_event(struct world *w, const struct sim_event *e);

void faults_start(struct world *w);
void fault_event(struct world *w, const struct sim_event *e);

void scenario_step(struct world *w, uint32_t step); /* scenario.c */

/* ---- trace.c ---- */

__attribute__((format(printf, 2, 3))) void trace_line(struct world *w,
                                                      const char *format, ...);

/* Formatting is slow, so it is done only if the trace is wanted.  TELL: what peers
 * exchange; TRACE: all details. */
#define TELL(w, ...) ((w)->trace.people ? trace_line((w), __VA_ARGS__) : (void)0)
#define TRACE(w, ...) ((w)->trace.detail ? trace_line((w), __VA_ARGS__) : (void)0)

void trace_message(struct world *w, const struct cable *l, enum side to,
                   const struct msg *m);
void trace_note(struct world *w, const struct event *n);
void trace_transaction(struct world *w, const struct transaction *t);
void trace_flush(struct world *w); /* writes the last lines to stderr */

#endif
