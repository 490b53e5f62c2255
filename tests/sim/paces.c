// SPDX-License-Identifier: MIT
/*
 * Worlds of all paces: programs from one trial in ten seconds to a thousand million a
 * second, side by side, and pi beside them, on a fleet that works without accidents. So
 * what is left is how long things take (paced.c).
 */
#include "tests/sim/chance.h"
#include "tests/sim/plan.h"

enum {
    MS = 1000,
    SECOND = 1000000,
    PERCENT = 8, /* of the worlds */
    JOBS_MOST = 4
};

/* Trials/s of a thread whose speed is 100 %. */
static const double paces[PLAN_PROGRAMS] = {0.1, 10, 1e3, 1e6, 1e8, 1e9};

static uint64_t units(uint32_t program, uint32_t speed)
{
    return (uint64_t)(paces[program] * (1 << UNIT_LOG2) * speed / 100);
}

static void draw_fleet(struct plan *p, struct rng *r)
{
    uint64_t rate = (uint64_t)chance_scale(r, SECOND, 1000 * (int64_t)SECOND);
    uint32_t wobble = (uint32_t)rng_below(r, 30);
    p->n_workers = (uint32_t)chance_between(r, 1, WORKERS_MAX);
    for (uint32_t i = 0; i < p->n_workers; i++) {
        struct plan_worker *k = &p->workers[i];
        k->threads = (uint32_t)chance_between(r, 1, PLAN_THREADS);
        k->speed = (uint32_t)chance_scale(r, 25, 400);
        k->rate = rate * k->speed / 100;
        k->wobble = wobble;
        k->starts_us = i == 0 ? 0 : chance_between(r, 0, 5 * SECOND);
        k->exit_when_idle_ms = -1;
        k->by_local = chance_percent(r, 50);
        for (uint32_t n = 0; n < PLAN_PROGRAMS; n++) {
            k->units[n] = units(n, k->speed);
            k->has |= (uint32_t)(i == 0 || chance_percent(r, 70)) << n;
        }
    }
}

/* Of all threads that may count it, in the ledger's trials a second. */
static double fleet_rate(const struct plan *p, const struct plan_job *j)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->n_workers; i++) {
        const struct plan_worker *k = &p->workers[i];
        if (!j->program)
            sum += (double)k->rate * k->threads;
        else if (k->has >> (j->program - 1) & 1)
            sum += (double)k->units[j->program - 1] * k->threads;
    }
    return sum;
}

/* What the fleet does alone in 5 to 60 seconds. */
static void draw_job(struct plan *p, struct plan_job *j, struct rng *r)
{
    int64_t ms = chance_scale(r, 5000, 60000);
    double unit = j->program ? 1 << UNIT_LOG2 : 1;
    double n = fleet_rate(p, j) * (double)ms / 1000 / unit, root = 1;
    uint64_t kind = rng_below(r, 100);
    j->trials = n < 1 ? 1 : (uint64_t)n;
    j->seed = rng_next(r);
    j->weight = (uint32_t)chance_scale(r, 1, 8);
    j->audit = !j->program || chance_percent(r, 50) ? AUDIT_NONE : AUDIT_ADAPTIVE;
    for (size_t i = 0; i < UID_BYTES; i++)
        j->request[i] = (uint8_t)rng_next(r);
    if (kind < 25) {
        while (root * root < n)
            root *= 1.01;
        j->rule = STOP_STDERR;
        j->until_stderr = (j->program ? 0.205 : 1.64) / root; /* scale sqrt(p(1-p)/n) */
        if (j->until_stderr > 0.1)
            j->until_stderr = 0.1; /* a part of the scale is the most that is taken */
    } else if (kind < 50) {
        j->rule = STOP_TIME;
        j->for_ms = ms;
    }
}

static void draw_jobs(struct plan *p, struct rng *r)
{
    p->n_jobs = (uint32_t)chance_between(r, 2, JOBS_MOST);
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        struct plan_job *j = &p->jobs[i];
        j->program = i == 0 ? 0 : 1 + (uint32_t)rng_below(r, PLAN_PROGRAMS);
        j->score = j->program && chance_percent(r, 30);
        j->expects = j->program && chance_percent(r, 50);
        draw_job(p, j, r);
        p->actions[p->n_actions++] =
            (struct plan_action){.verb = REQUEST_SUBMIT, .target = i, .must = true};
    }
}

void plan_draw_paces(struct plan *p, struct rng *r)
{
    if (!chance_percent(r, PERCENT))
        return;
    *p = (struct plan){.seed = p->seed,
                       .paced = true,
                       .programs = true,
                       .own = (1 << PLAN_PROGRAMS) - 1,
                       .latency_us = chance_scale(r, 50, 20 * MS),
                       .split_percent = 2,
                       .recompute_speed = 1000,
                       .watcher = chance_percent(r, 40),
                       .commit_low_us = 50,
                       .commit_high_us = chance_scale(r, 50, 50 * MS),
                       .patience_us = 7200 * (int64_t)SECOND};
    for (uint32_t n = 0; n < PLAN_PROGRAMS; n++)
        p->own_units[n] = units(n, 100);
    draw_fleet(p, r);
    draw_jobs(p, r);
}
