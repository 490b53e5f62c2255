// SPDX-License-Identifier: MIT
/*
 * All that a seed determines: the fleet, the network, the disk, the jobs, the actions
 * of operators and the faults, all drawn before the first event.  A simulator with
 * fixed parameters misses half of the bugs; with drawn ones every world differs.  Plain
 * data without pointers.  Pure.
 */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/rng.h"
#include "common/wire/msg.h"
#include "tests/sim/image.h"

enum {
    PLAN_PROGRAMS = 6,
    DRAWN_PROGRAMS = 2, /* of them in worlds that are not paced */
    PLAN_TEST = 7,
    PLAN_OTHER_TEST = 8
};

extern const char *const plan_names[PLAN_PROGRAMS]; /* of the programs */
uint32_t plan_program(const char *name);            /* its place among them */

enum {
    WORKERS_MAX = 8,
    PLAN_THREADS = 4,
    ROGUES_MAX = 2,
    ACTIONS_MAX = 40,
    NEVER = 0,
    HEALED_COMMIT_US = 2000000, /* the longest commit once faults have ended */
};

struct plan_worker {
    uint32_t threads;
    uint64_t rate;      /* trials/s of a thread */
    uint32_t wobble;    /* variation of the time of a lease, in percent */
    uint32_t lies_ppm;  /* wrong results, in a million */
    uint32_t hangs_ppm; /* probability that a lease is never finished */
    uint32_t twice_ppm; /* probability that a frame of results is sent twice */
    int64_t starts_us, exit_when_idle_ms, grace_ms;
    uint32_t volatility_percent;
    uint32_t has;                  /* set of programs */
    bool other;                    /* its first program is another one of that name */
    uint64_t units[PLAN_PROGRAMS]; /* rate of its threads at each, in units/s */
    uint32_t speed;                /* in a paced world: of its threads, in percent */
    uint32_t fails_ppm;            /* a lease of a program makes it fail */
    bool by_operator;              /* joins with the operator's token */
    bool by_local;                 /* joins with that of the coordinator's own user */
};

struct plan_job {
    enum stop_rule rule;
    uint64_t trials, seed;
    double until_stderr;
    int64_t for_ms;
    uint32_t weight;
    enum audit_policy audit;
    uint8_t request[UID_BYTES];
    uint32_t program; /* 0: pi */
    bool score, expects;
};

struct plan_action {
    int64_t at_us;
    enum request_verb verb;
    uint32_t target; /* a job or a worker of the plan */
    uint64_t trials;
    bool must; /* repeated until the reply is as expected */
};

/* Kinds of fault, each with a mean gap; NEVER disables one. */
enum fault_kind {
    FAULT_RESET,
    FAULT_HALF_OPEN,
    FAULT_VANISH,
    FAULT_STALL,
    FAULT_WORKER_CRASH,
    FAULT_WORKER_STOP,
    FAULT_WORKER_DRAIN,
    FAULT_HOST_CRASH,
    FAULT_HOST_STOP,
    FAULT_HOST_FREEZE,
    FAULT_DISK_FULL,
    FAULT_KINDS,
};

struct plan {
    uint64_t seed;

    /* Settings of coord_config; 0 is the default. */
    int64_t grant_target_ms;
    uint32_t lease_log2, grant_leases, grants_in_hand, transaction_leases;
    uint32_t waiting_results;
    bool recut; /* each life of the coordinator uses another lease size */

    int64_t latency_us, jitter_us; /* minimum and range, drawn for each link */
    uint32_t split_percent, slow_percent;
    int64_t commit_low_us, commit_high_us, report_us;
    uint32_t full_ppm;
    int64_t recompute_us;
    uint64_t recompute_speed; /* trials a microsecond */

    bool programs;                     /* some jobs are of programs */
    uint32_t own;                      /* set of those that picoord has */
    uint64_t own_units[PLAN_PROGRAMS]; /* its rate at each, in units/s; 0: no matter */
    bool
        paced; /* from trials of ten seconds to a thousand million a second (paces.c) */
    uint32_t own_fails_ppm;

    uint32_t n_workers, n_jobs, n_actions, n_rogues;
    struct plan_worker workers[WORKERS_MAX];
    struct plan_job jobs[JOBS_MAX];
    struct plan_action actions[ACTIONS_MAX];
    bool rogue_lies, rogue_climbs, watcher, own_job;
    uint32_t rogues_replay; /* bit mask: they show the secrets of other parties */

    int64_t gap_us[FAULT_KINDS];
    int64_t heal_us;     /* no fault begins later */
    int64_t patience_us; /* jobs must end within this time after healing */
    bool scripted;       /* a scenario: nothing is random */
};

void plan_draw(struct plan *p, uint64_t seed);

/* paces.c: in a part of the worlds, another plan altogether. */
void plan_draw_paces(struct plan *p, struct rng *r);

#endif
