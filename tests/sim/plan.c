// SPDX-License-Identifier: MIT
#include "tests/sim/plan.h"

#include <string.h>

#include "tests/sim/chance.h"

const char *const plan_names[PLAN_PROGRAMS] = {"x", "y", "a", "b", "c", "d"};

uint32_t plan_program(const char *name)
{
    uint32_t i = 0;
    while (i < PLAN_PROGRAMS && strcmp(plan_names[i], name) != 0)
        i++;
    return i;
}

enum {
    MS = 1000,
    SECOND = 1000000,
    LEASES_MAX = 400, /* of a job, roughly: keeps worlds small */
    WAITING_MAX =
        50000, /* leases of a fleet while its slowest thread uses up its grants */
    GRANT_TARGET_MS = 1000, /* the core's default */
};

/* log2 of leases; the minimum if the core chooses. */
static uint32_t lease_log2(const struct plan *p)
{
    return p->lease_log2 ? p->lease_log2 : LEASE_LOG2_MIN;
}

/* Trials/s of all workers that return right results. */
static uint64_t honest_rate(const struct plan *p)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < p->n_workers; i++)
        if (p->workers[i].lies_ppm == 0)
            sum += p->workers[i].rate * p->workers[i].threads;
    return sum;
}

static void draw_config(struct plan *p, struct rng *r)
{
    if (chance_percent(r, 50))
        p->lease_log2 = (uint32_t)chance_between(r, LEASE_LOG2_MIN, 20);
    p->recut = p->lease_log2 && chance_percent(r, 50);
    if (chance_percent(r, 50))
        p->grant_leases = (uint32_t)chance_scale(r, 1, GRANT_LEASES);
    if (chance_percent(r, 50))
        p->grants_in_hand = (uint32_t)chance_between(r, 1, 3);
    if (chance_percent(r, 30))
        p->transaction_leases = (uint32_t)chance_scale(r, 1, 256);
    if (chance_percent(r, 30))
        p->grant_target_ms = chance_scale(r, 50, 4000);
}

static void draw_fleet(struct plan *p, struct rng *r)
{
    bool liars = chance_percent(r, 25), hangs = chance_percent(r, 15);
    int64_t fast_us = chance_scale(r, 20 * MS, SECOND);
    int64_t slow_us = chance_scale(r, fast_us, 20 * SECOND);
    uint32_t log2 = lease_log2(p);
    p->n_workers = (uint32_t)chance_between(r, 1, WORKERS_MAX);
    for (uint32_t i = 0; i < p->n_workers; i++) {
        struct plan_worker *k = &p->workers[i];
        int64_t lease_us = chance_scale(r, fast_us, slow_us);
        k->threads = (uint32_t)chance_between(r, 1, PLAN_THREADS);
        k->rate = (UINT64_C(1) << log2) * SECOND / (uint64_t)lease_us;
        k->wobble = chance_percent(r, 50) ? (uint32_t)chance_between(r, 0, 90) : 5;
        k->twice_ppm = chance_percent(r, 30) ? 200000 : 0;
        k->starts_us =
            i == 0 ? 0 : chance_between(r, 0, chance_scale(r, 1, 60 * SECOND));
        k->exit_when_idle_ms =
            chance_percent(r, 10) ? chance_scale(r, 10000, 60000) : -1;
        k->grace_ms = chance_percent(r, 30) ? chance_scale(r, 100, 10000) : 0;
        k->volatility_percent = chance_percent(r, 10) ? 30 : 0;
        if (i > 0 && liars && chance_percent(r, 40))
            k->lies_ppm = (uint32_t)chance_scale(r, 10000, 1000000);
        if (i > 0 && hangs && chance_percent(r, 40))
            k->hangs_ppm = (uint32_t)chance_scale(r, 1000, 200000);
    }
}

static uint64_t draw_trials(const struct plan *p, struct rng *r)
{
    uint32_t log2 = lease_log2(p);
    uint64_t trials = honest_rate(p) / 1000 * (uint64_t)chance_scale(r, 300, 60000);
    uint64_t most = (uint64_t)LEASES_MAX << log2;
    if (p->lease_log2 && trials > most)
        trials = most / 2 + rng_below(r, most / 2);
    if (chance_percent(r, 5))
        trials = (uint64_t)chance_scale(r, 1, 1 << 17);
    if (chance_percent(r, 30))
        trials = trials >> log2 << log2;
    return trials ? trials : 1;
}

static void draw_job(struct plan *p, struct plan_job *j, struct rng *r)
{
    uint64_t rate = honest_rate(p), trials = draw_trials(p, r);
    uint32_t log2 = lease_log2(p);
    j->rule = STOP_TRIALS;
    j->trials = trials;
    j->seed = rng_next(r);
    j->weight = (uint32_t)chance_scale(r, 1, 1000);
    for (size_t i = 0; i < UID_BYTES; i++)
        j->request[i] = (uint8_t)rng_next(r);
    uint64_t kind = rng_below(r, 100);
    if (kind < 20 && trials > UINT64_C(1) << 21) {
        /* 4 sqrt(p (1-p) / n) with p = pi/4 is 1.64 / sqrt(n) */
        double root = 1;
        while (root * root < (double)trials)
            root *= 1.01;
        j->rule = STOP_STDERR;
        j->until_stderr = 1.64 / root;
    } else if (kind < 35) {
        uint64_t most_ms =
            p->lease_log2 ? ((uint64_t)LEASES_MAX << log2) / (rate / 1000 + 1) : 40000;
        j->rule = STOP_TIME;
        j->for_ms = chance_scale(r, 100, 40000);
        if (j->for_ms > (int64_t)most_ms)
            j->for_ms = (int64_t)most_ms + 1;
    }
}

/* A job with a standard error waits for the slowest thread, while others take leases
 * beyond its end.  To keep the world small, that thread must hold little. */
static void keep_small(struct plan *p)
{
    bool waits = false;
    uint64_t fleet = 0, slowest = UINT64_MAX;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        waits |= p->jobs[i].rule == STOP_STDERR;
    for (uint32_t i = 0; i < p->n_workers; i++) {
        fleet += p->workers[i].rate * p->workers[i].threads;
        if (p->workers[i].rate < slowest)
            slowest = p->workers[i].rate;
    }
    uint64_t grants = p->grants_in_hand ? p->grants_in_hand : 2;
    uint64_t leases = p->grant_leases ? p->grant_leases : GRANT_LEASES;
    while (leases > 1 && grants * leases * fleet / slowest > WAITING_MAX)
        leases /= 2;
    if (waits && p->lease_log2)
        p->grant_leases = (uint32_t)leases;
}

/* ---- operators ---- */

static void add_action(struct plan *p, struct plan_action a)
{
    if (p->n_actions == ACTIONS_MAX)
        return;
    uint32_t at = p->n_actions++;
    while (at > 0 && p->actions[at - 1].at_us > a.at_us) {
        p->actions[at] = p->actions[at - 1];
        at--;
    }
    p->actions[at] = a;
}

static void draw_changes(struct plan *p, uint32_t job, int64_t from_us, struct rng *r)
{
    const struct plan_job *j = &p->jobs[job];
    int64_t at_us = from_us + chance_scale(r, SECOND, 60 * SECOND);
    if (chance_percent(r, 20))
        add_action(p, (struct plan_action){from_us + chance_scale(r, 1, 90 * SECOND),
                                           REQUEST_SUBMIT, job, 0, true});
    if (chance_percent(r, 25)) {
        add_action(p, (struct plan_action){at_us, REQUEST_PAUSE, job, 0, true});
        at_us += chance_scale(r, SECOND, 60 * SECOND);
        add_action(p, (struct plan_action){at_us, REQUEST_RESUME, job, 0, true});
    }
    if (chance_percent(r, 8))
        add_action(p, (struct plan_action){at_us, REQUEST_CANCEL, job, 0, true});
    else if (chance_percent(r, 30))
        add_action(p, (struct plan_action){
                          at_us + chance_scale(r, SECOND, 200 * SECOND), REQUEST_EXTEND,
                          job, j->trials + draw_trials(p, r) / 2 + 1, true});
}

static void draw_people(struct plan *p, struct rng *r)
{
    static const enum request_verb questions[] = {
        REQUEST_STATUS, REQUEST_JOBS,   REQUEST_WORKERS, REQUEST_HISTORY,
        REQUEST_LEDGER, REQUEST_STATUS, REQUEST_DRAIN,   REQUEST_KICK,
    };
    p->n_jobs = 1 + (uint32_t)rng_below(r, 3);
    p->watcher = chance_percent(r, 40);
    p->own_job = chance_percent(r, 20);
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        draw_job(p, &p->jobs[i], r);
        int64_t at_us = i == 0 ? 0 : chance_scale(r, 1, 60 * SECOND);
        add_action(p, (struct plan_action){at_us, REQUEST_SUBMIT, i, 0, true});
        draw_changes(p, i, at_us, r);
    }
    uint64_t n = rng_below(r, 12);
    for (uint64_t i = 0; i < n; i++) {
        enum request_verb v = questions[rng_below(r, 8)];
        bool worker = v == REQUEST_DRAIN || v == REQUEST_KICK;
        add_action(p, (struct plan_action){
                          chance_scale(r, SECOND, 128 * SECOND), v,
                          (uint32_t)rng_below(r, worker ? p->n_workers : p->n_jobs), 0,
                          false});
    }
}

/* ---- faults ---- */

static void draw_network(struct plan *p, struct rng *r)
{
    p->latency_us = chance_scale(r, 50, chance_percent(r, 60) ? 5 * MS : 2 * SECOND);
    p->jitter_us = chance_percent(r, 50) ? chance_scale(r, 1, 2 * p->latency_us) : 0;
    p->split_percent = chance_percent(r, 50) ? (uint32_t)rng_below(r, 60) : 2;
    p->slow_percent = chance_percent(r, 30) ? 50 : 0;
}

static void draw_disk(struct plan *p, struct rng *r)
{
    p->commit_low_us = chance_scale(r, 50, 100 * MS);
    p->commit_high_us = chance_scale(
        r, p->commit_low_us, chance_percent(r, 70) ? SECOND : 60 * (int64_t)SECOND);
    p->report_us = chance_percent(r, 30) ? chance_scale(r, 1, SECOND) : 0;
    p->full_ppm = chance_percent(r, 20) ? (uint32_t)chance_scale(r, 1000, 300000) : 0;
    p->recompute_us = chance_scale(r, MS, 60 * SECOND);
}

static void draw_accidents(struct plan *p, struct rng *r)
{
    p->heal_us = chance_percent(r, 10) ? 0 : chance_scale(r, SECOND, 200 * SECOND);
    for (int i = 0; i < FAULT_KINDS; i++)
        if (chance_percent(r, i < FAULT_DISK_FULL ? 40 : 15))
            p->gap_us[i] = chance_scale(r, 2 * SECOND, 300 * (int64_t)SECOND);
    if (chance_percent(r, 30))
        p->n_rogues = 1 + (uint32_t)rng_below(r, ROGUES_MAX);
    p->rogues_replay = (uint32_t)rng_below(r, 4);
    p->rogue_lies = chance_percent(r, 30);
}

/* Drawn from a separate stream, so that earlier worlds stay the same. */
static void draw_tokens(struct plan *p, struct rng *r)
{
    uint64_t n = chance_percent(r, 15) ? 1 + rng_below(r, 3) : 0;
    p->rogue_climbs = chance_percent(r, 30);
    for (uint64_t i = 0; i < n; i++)
        add_action(p, (struct plan_action){chance_scale(r, SECOND, 128 * SECOND),
                                           REQUEST_TOKEN, 0, 0, true});
    for (uint32_t i = 0; i < p->n_workers; i++)
        p->workers[i].by_operator = n > 0 && chance_percent(r, 20);
}

/* The same; most jobs have the default policy. */
static void draw_audits(struct plan *p, struct rng *r)
{
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        uint64_t kind = rng_below(r, 100);
        p->jobs[i].audit = kind < 20   ? AUDIT_ALL
                           : kind < 30 ? AUDIT_NONE
                                       : AUDIT_ADAPTIVE;
        if (p->jobs[i].audit == AUDIT_ALL && p->recompute_us > SECOND / 4)
            p->recompute_us = SECOND / 4;
    }
    p->recompute_speed =
        chance_percent(r, 70) ? 1000 : (uint64_t)chance_scale(r, 5, 100);
    if (chance_percent(r, 25))
        add_action(p, (struct plan_action){
                          chance_scale(r, SECOND, 128 * SECOND), REQUEST_TRUST,
                          (uint32_t)rng_below(r, p->n_workers), 0, false});
}

/* The same: jobs that are removed, where they have ended by then. */
static void draw_removals(struct plan *p, struct rng *r)
{
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        if (chance_percent(r, 70))
            continue;
        int64_t at_us = chance_scale(r, SECOND, 300 * SECOND);
        add_action(p, (struct plan_action){at_us, REQUEST_RM, i, 0, true});
        if (chance_percent(r, 30)) /* anew */
            add_action(p, (struct plan_action){at_us + chance_scale(r, 1, 60 * SECOND),
                                               REQUEST_SUBMIT, i, 0, true});
    }
}

/* The same, and in a part of the worlds: who comes as one of the coordinator's user,
 * and what operators do to workers and take back.  `trials` of a ban: the rogue that it
 * is about. */
static void draw_workers_people(struct plan *p, struct rng *r)
{
    if (!chance_percent(r, 30))
        return;
    for (uint32_t i = 0; i < p->n_workers; i++)
        p->workers[i].by_local = p->workers[i].lies_ppm == 0 &&
                                 !p->workers[i].by_operator && chance_percent(r, 40);
    uint32_t target = (uint32_t)rng_below(r, p->n_workers);
    int64_t at_us = chance_scale(r, SECOND, 64 * SECOND);
    if (chance_percent(r, 70)) {
        add_action(p, (struct plan_action){at_us, REQUEST_BAN, target,
                                           rng_below(r, 2 * ROGUES_MAX), false});
        at_us += chance_scale(r, 1, 64 * SECOND);
        add_action(p, (struct plan_action){at_us, REQUEST_PARDON, target, 0, false});
    }
    if (chance_percent(r, 30))
        add_action(p, (struct plan_action){at_us + chance_scale(r, 1, 64 * SECOND),
                                           REQUEST_UNTRUST, target, 0, false});
}

/* A job that is of a program after all.  What picoord lacks cannot be audited. */
static void draw_program_job(struct plan *p, uint32_t i, bool others, struct rng *r)
{
    struct plan_job *j = &p->jobs[i];
    j->program = 1 + (uint32_t)rng_below(r, DRAWN_PROGRAMS);
    j->score = chance_percent(r, 30);
    j->expects = others || chance_percent(r, 50);
    j->trials = (uint64_t)chance_scale(r, 1, 400);
    if (j->rule == STOP_STDERR)
        j->until_stderr = 0.1;
    if (!(p->own >> (j->program - 1) & 1))
        j->audit = AUDIT_NONE;
    for (uint32_t k = 0; k < p->n_actions; k++)
        if (p->actions[k].verb == REQUEST_EXTEND && p->actions[k].target == i)
            p->actions[k].trials = j->trials + (uint64_t)chance_scale(r, 1, 200);
}

/* The same, in a part of the worlds: the first worker has all programs, and is right.
 */
static void draw_programs(struct plan *p, struct rng *r)
{
    bool others = chance_percent(r, 30), fails = chance_percent(r, 30);
    if (!chance_percent(r, 25))
        return;
    p->programs = true;
    p->own = chance_percent(r, 70) ? 3 : 1;
    p->own_fails_ppm = chance_percent(r, 20) ? 20000 : 0;
    for (uint32_t i = 0; i < p->n_workers; i++) {
        struct plan_worker *k = &p->workers[i];
        k->has = i == 0 ? 3 : (uint32_t)rng_below(r, 4);
        k->other = i > 0 && others && chance_percent(r, 40);
        k->fails_ppm = i > 0 && fails ? 50000 : 0;
        k->units[0] = k->units[1] = ((uint64_t)SECOND << UNIT_LOG2) /
                                    (uint64_t)chance_scale(r, MS, 10 * (int64_t)SECOND);
    }
    for (uint32_t i = 0; i < p->n_jobs; i++)
        if (chance_percent(r, 60))
            draw_program_job(p, i, others, r);
}

/* How long the slowest thread takes for all trials of programs, and picoord once more,
 * a trial at a time. */
static double programs_patience(const struct plan *p)
{
    double trials = 0, leases = p->grant_leases ? p->grant_leases : GRANT_LEASES;
    uint64_t slowest = UINT64_MAX;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        trials += p->jobs[i].program ? (double)p->jobs[i].trials + 1 : 0;
    for (uint32_t i = 0; i < p->n_actions; i++)
        if (p->actions[i].verb == REQUEST_EXTEND &&
            p->jobs[p->actions[i].target].program)
            trials += (double)p->actions[i].trials;
    for (uint32_t i = 0; i < p->n_workers; i++)
        if (p->workers[i].units[0] < slowest)
            slowest = p->workers[i].units[0];
    double longest = (double)(1 << UNIT_LOG2) / (double)slowest;
    return p->programs ? 2000 + 20 * trials * (1 + longest) + 4 * leases * 16 * longest
                       : 0;
}

/* Trials of the smallest leases; the minimum if each life has another size. */
static double least_lease(const struct plan *p)
{
    return (double)(UINT64_C(1) << (p->recut ? LEASE_LOG2_MIN : lease_log2(p)));
}

/* Minimum trials of a grant to a worker, but for the end of a job.  If the core
 * chooses, it grants what the thread computes in the target time, in whole leases: at
 * least one, and more than half of it. */
static double grant_trials(const struct plan *p, const struct plan_worker *k)
{
    double lease = least_lease(p);
    if (p->lease_log2)
        return lease * (p->grant_leases ? p->grant_leases : GRANT_LEASES);
    int64_t target_ms = p->grant_target_ms ? p->grant_target_ms : GRANT_TARGET_MS;
    double half = (double)k->rate * (double)target_ms / 1000 / 2;
    return half > lease ? half : lease;
}

/* Minimum trials/s of the honest workers.  A thread with few or short grants in hand
 * waits for the network between them, and with few leases in a transaction all workers
 * wait for the disk. */
static double delivered_rate(const struct plan *p)
{
    double grants = p->grants_in_hand ? p->grants_in_hand : 2;
    int64_t write_us =
        p->commit_high_us < HEALED_COMMIT_US ? p->commit_high_us : HEALED_COMMIT_US;
    double commit = (double)(write_us + p->report_us) / SECOND;
    double turn = 2 * (double)(p->latency_us + p->jitter_us) / SECOND + 2 * commit;
    double sum = 0;
    for (uint32_t i = 0; i < p->n_workers; i++) {
        const struct plan_worker *k = &p->workers[i];
        double rate = (double)k->rate, most = grants * grant_trials(p, k) / turn;
        if (k->lies_ppm == 0)
            sum += k->threads * (rate < most ? rate : most);
    }
    double disk = p->transaction_leases * least_lease(p) / commit;
    return p->transaction_leases && disk < sum ? disk : sum;
}

/* How long honest workers may take once faults have ended, in us.  A prefix without a
 * hole may have to wait twice until the slowest thread has computed all that it holds:
 * at most four grants of 64 leases.  And all may have to be recomputed, within the
 * budget. */
static int64_t patience(const struct plan *p)
{
    uint64_t trials = 0, slowest = UINT64_MAX;
    int64_t for_ms = 0;
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        trials += p->jobs[i].trials;
        for_ms += p->jobs[i].rule == STOP_TIME ? p->jobs[i].for_ms : 0;
    }
    for (uint32_t i = 0; i < p->n_actions; i++)
        trials += p->actions[i].trials;
    for (uint32_t i = 0; i < p->n_workers; i++)
        if (p->workers[i].rate < slowest)
            slowest = p->workers[i].rate;
    double seconds =
        10 * (double)trials / delivered_rate(p) + (double)for_ms / 1000 +
        2 * 4 * GRANT_LEASES * (double)(UINT64_C(1) << 20) / (double)slowest +
        20 * (double)trials / (double)p->recompute_speed / SECOND + 1200;
    return (int64_t)(seconds * SECOND);
}

void plan_draw(struct plan *p, uint64_t seed)
{
    struct rng r;
    *p = (struct plan){.seed = seed};
    chance_init(&r, seed, 1);
    draw_config(p, &r);
    draw_fleet(p, &r);
    draw_network(p, &r);
    draw_disk(p, &r);
    draw_people(p, &r);
    keep_small(p);
    draw_accidents(p, &r);
    chance_init(&r, seed, 3);
    draw_tokens(p, &r);
    chance_init(&r, seed, 5);
    draw_audits(p, &r);
    chance_init(&r, seed, 7);
    draw_removals(p, &r);
    chance_init(&r, seed, 9);
    if (chance_percent(&r, 20))
        p->waiting_results = 1 + (uint32_t)rng_below(&r, 4);
    chance_init(&r, seed, 11);
    draw_workers_people(p, &r);
    chance_init(&r, seed, 13);
    draw_programs(p, &r);
    p->patience_us = patience(p) + (int64_t)(programs_patience(p) * SECOND);
    chance_init(&r, seed, 15);
    plan_draw_paces(p, &r);
}
