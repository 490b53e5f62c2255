// SPDX-License-Identifier: MIT
#include "tests/sim/scenario.h"

#include <stdio.h>

#include "tests/sim/world.h"

enum { STEPS = 4, LEASE = 1 << 16 };

struct scenario {
    const char *name;
    void (*plan)(struct plan *p);
    void (*step)(struct world *w, uint32_t step);
    int64_t at_ms[STEPS]; /* of each step; 0: none */
    int64_t heal_ms;      /* from then on the world may end */
};

static const struct scenario *current;

/* ---- common parts ---- */

static void add_worker(struct plan *p, int64_t starts_ms, uint64_t rate)
{
    p->workers[p->n_workers++] = (struct plan_worker){.threads = 1,
                                                      .rate = rate,
                                                      .starts_us = starts_ms * 1000,
                                                      .exit_when_idle_ms = -1};
}

/* One job of so many leases, submitted at the start. */
static void add_job(struct plan *p, uint64_t leases)
{
    p->jobs[p->n_jobs] = (struct plan_job){
        .rule = STOP_TRIALS, .trials = leases * LEASE, .seed = 1, .weight = 1};
    p->actions[p->n_actions++] = (struct plan_action){
        .verb = REQUEST_SUBMIT, .target = p->n_jobs++, .must = true};
}

static void settings(struct plan *p, uint32_t leases, uint32_t in_hand)
{
    *p = (struct plan){.scripted = true,
                       .lease_log2 = 16,
                       .grant_leases = leases,
                       .grants_in_hand = in_hand,
                       .latency_us = 1000,
                       .recompute_speed = 1000,
                       .commit_low_us = 2000,
                       .commit_high_us = 2000,
                       .patience_us = 600 * (int64_t)SECOND_US};
}

/* ---- a lease expires ---- */

static void plan_expiry(struct plan *p)
{
    settings(p, 2, 1);
    add_worker(p, 0, 4 * LEASE);
    add_worker(p, 14000, 4 * LEASE);
    p->workers[0].hangs_ppm = 1000000;
    add_job(p, 4);
}

/* ---- a result is sent twice ---- */

static void plan_late_duplicate(struct plan *p)
{
    settings(p, 2, 2);
    add_worker(p, 0, LEASE);
    add_job(p, 12);
}

/* The result has arrived, but its answer is lost without notice. */
static void step_late_duplicate(struct world *w, uint32_t step)
{
    (void)step;
    cable_vanish(w, w->place[0]->link);
}

/* ---- a result overlaps counted trials in part ---- */

static void plan_partial_overlap(struct plan *p)
{
    settings(p, GRANT_LEASES, 1);
    p->lease_log2 = 17;
    add_worker(p, 0, 10000 * LEASE);
    add_worker(p, 16000, LEASE);
    add_job(p, 64 + 8); /* leases of 131,072 trials begin at trial 4,194,304 */
}

/* The first worker finishes a lease of 131,072 trials while there is no
 * coordinator. It is away when the next coordinator, which does not know the lease,
 * leases half of it. */
static void step_partial_overlap(struct world *w, uint32_t step)
{
    if (step == 0) {
        w->plan.workers[0].rate = 2 * LEASE;
    } else if (step == 1) {
        w->plan.lease_log2 = 16;
        host_crash(w);
    } else {
        fleet_stop(w, w->place[0], 16500 * (int64_t)1000);
    }
}

/* ---- a straggler ---- */

static void plan_straggler(struct plan *p)
{
    settings(p, 2, 1);
    add_worker(p, 0, 4 * LEASE);
    add_worker(p, 0, LEASE / 60);
    add_job(p, 8);
}

/* ---- the coordinator is killed ---- */

static void plan_restart(struct plan *p)
{
    settings(p, 2, 2);
    add_worker(p, 0, LEASE / 4);
    add_worker(p, 0, LEASE / 4);
    add_job(p, 20);
}

static void step_restart(struct world *w, uint32_t step)
{
    (void)step;
    host_crash(w);
}

/* ---- a worker leaves ---- */

static void plan_drain(struct plan *p)
{
    settings(p, 2, 2);
    add_worker(p, 0, 2 * LEASE);
    add_worker(p, 0, 2 * LEASE);
    add_job(p, 16);
    p->actions[p->n_actions++] =
        (struct plan_action){.at_us = 1200000, .verb = REQUEST_DRAIN, .target = 1};
}

/* ---- running them ---- */

static const struct scenario scenarios[] = {
    {"lease-expiry", plan_expiry, NULL, {0}, 14000},
    {"late-duplicate", plan_late_duplicate, step_late_duplicate, {1008}, 9000},
    {"partial-overlap",
     plan_partial_overlap,
     step_partial_overlap,
     {13, 300, 1100},
     20000},
    {"straggler", plan_straggler, NULL, {0}, 3000},
    {"restart-resume", plan_restart, step_restart, {6500}, 20000},
    {"drain", plan_drain, NULL, {0}, 3000},
};

void scenario_step(struct world *w, uint32_t step)
{
    current->step(w, step);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    char *text = mem_zero(1 << 20, 1);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static bool write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fputs(text, f);
    return fclose(f) == 0;
}

/* Shows the first difference, with context. */
static void show_difference(const char *name, const char *expected, const char *got)
{
    size_t at = 0, line = 1, start = 0;
    while (expected[at] && expected[at] == got[at]) {
        if (expected[at++] == '\n') {
            line++;
            start = at;
        }
    }
    fprintf(stderr,
            "scenario %s: line %zu of its trace differs\n  expected %.*s\n  got      "
            "%.*s\n",
            name, line, (int)strcspn(expected + start, "\n"), expected + start,
            (int)strcspn(got + start, "\n"), got + start);
}

static bool compare(const struct scenario *s, const char *got, bool update)
{
    char path[200];
    snprintf(path, sizeof(path), "tests/sim/traces/%s.txt", s->name);
    if (update)
        return write_file(path, got);
    char *expected = read_file(path);
    bool same = expected && !strcmp(expected, got);
    if (!expected)
        fprintf(stderr, "scenario %s: there is no %s\n", s->name, path);
    else if (!same)
        show_difference(s->name, expected, got);
    free(expected);
    return same;
}

static bool run_scenario(struct world *w, const struct scenario *s, bool update)
{
    struct plan plan;
    current = s;
    s->plan(&plan);
    plan.heal_us = s->heal_ms * 1000;
    w->trace = (struct trace){.people = true};
    world_init(w, &plan);
    for (uint32_t i = 0; i < STEPS; i++)
        if (s->at_ms[i])
            world_at(w, s->at_ms[i] * 1000, SIM_SCRIPT, i, 0);
    world_run(w);
    bool same = compare(s, w->trace.text, update);
    world_release(w);
    return same;
}

int scenarios_run(struct world *w, const char *name, bool update)
{
    size_t n = 0, bad = 0;
    for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++) {
        if (name && strcmp(name, scenarios[i].name) != 0)
            continue;
        n++;
        bad += !run_scenario(w, &scenarios[i], update);
    }
    if (n == 0)
        fprintf(stderr, "there is no scenario %s\n", name);
    else
        printf("%zu scenarios, %zu differ from their traces\n", n, bad);
    return n == 0 || bad > 0;
}
