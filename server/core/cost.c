// SPDX-License-Identifier: MIT
#include "server/core/cost.h"

enum {
    AUDIT_PERCENT = 5, /* of a core */
    PROGRAM_PERCENT = 100,
    SPEED_ASSUMED = 200, /* trials of pi a microsecond, until measured */
    RATE_ASSUMED = 16    /* trials/s of a program that picoord lacks */
};

#define WAIT_MOST_MS (INT64_C(1) << 53) /* the longest time that a reply may say */

void cost_init(struct coord *c)
{
    uint32_t given = c->config.audit_percent;
    c->config.audit_percent = given ? given : AUDIT_PERCENT;
    c->slices.percent[DESK_PI] = c->config.audit_percent;
    c->slices.percent[DESK_PROGRAMS] = given ? given : PROGRAM_PERCENT;
    c->slices.speed = SPEED_ASSUMED;
}

uint32_t cost_threads(const struct coord *c, enum desk d)
{
    return d == DESK_PI ? (c->slices.percent[d] + 99) / 100 : 1;
}

int64_t cost_us_a_ms(const struct coord *c, enum desk d)
{
    return (int64_t)c->slices.percent[d] * 10;
}

enum desk cost_desk(const struct program *p)
{
    return program_is_pi(p) ? DESK_PI : DESK_PROGRAMS;
}

/* The time that picoord takes for so many trials. */
unsigned __int128 cost_us(const struct coord *c, const struct program *p,
                          unsigned __int128 trials)
{
    uint64_t speed = p->speed ? p->speed : RATE_ASSUMED * PROGRAM_SPEED_ONE;
    return program_is_pi(p)
               ? trials / c->slices.speed
               : (trials >> UNIT_LOG2) * (1000000 * PROGRAM_SPEED_ONE) / speed;
}

void cost_learn(struct coord *c, struct program *p, uint64_t trials, uint64_t micros)
{
    if (!program_is_pi(p)) {
        unsigned __int128 thousand =
            (unsigned __int128)(trials >> UNIT_LOG2) * (1000000 * PROGRAM_SPEED_ONE);
        p->speed = (3 * p->speed + (uint64_t)(thousand / micros)) / 4;
        p->speed = p->speed ? p->speed : 1;
        return;
    }
    c->slices.speed = (3 * c->slices.speed + trials / micros) / 4;
    if (c->slices.speed == 0)
        c->slices.speed = 1;
}

/* ---- questions ---- */

static int64_t limit_ms(unsigned __int128 ms)
{
    return ms < WAIT_MOST_MS ? (int64_t)ms : WAIT_MOST_MS;
}

uint64_t cost_trials(const struct coord *c)
{
    unsigned __int128 sum =
        c->slices.trials[LINE_BUDGET] + c->slices.trials[LINE_EXEMPT];
    for (size_t i = 1; i < c->kinds.programs.n; i++)
        sum += c->kinds.programs.items[i]->trials >> UNIT_LOG2;
    return sum < UINT64_MAX ? (uint64_t)sum : UINT64_MAX;
}

int64_t cost_debt_ms(const struct coord *c, const struct standing *s)
{
    return limit_ms(cost_us(c, s->program, s->debt) / 1000);
}

static int64_t programs_wait_ms(const struct coord *c)
{
    unsigned __int128 us = 0;
    for (size_t i = 1; i < c->kinds.programs.n; i++)
        us +=
            cost_us(c, c->kinds.programs.items[i], c->kinds.programs.items[i]->trials);
    return limit_ms(us / (uint64_t)cost_us_a_ms(c, DESK_PROGRAMS));
}

static int64_t pi_wait_ms(const struct coord *c)
{
    int64_t saved_us = c->slices.desks[DESK_PI].budget_us;
    uint64_t speed = c->slices.speed,
             threads_us = 1000 * (uint64_t)cost_threads(c, DESK_PI);
    unsigned __int128 budget_us = c->slices.trials[LINE_BUDGET] / speed;
    unsigned __int128 exempt_us = c->slices.trials[LINE_EXEMPT] / speed;
    uint64_t saved = saved_us > 0 ? (uint64_t)saved_us : 0;
    unsigned __int128 owed_us = budget_us > saved ? budget_us - saved : 0;
    int64_t owed = limit_ms(owed_us / (uint64_t)cost_us_a_ms(c, DESK_PI));
    int64_t all = limit_ms((budget_us + exempt_us) / threads_us);
    return owed > all ? owed : all;
}

int64_t cost_wait_ms(const struct coord *c, enum desk *ret_desk)
{
    int64_t pi = pi_wait_ms(c), programs = programs_wait_ms(c);
    *ret_desk = programs > pi ? DESK_PROGRAMS : DESK_PI;
    return programs > pi ? programs : pi;
}

uint32_t cost_percent(const struct coord *c, enum desk d)
{
    return c->slices.percent[d];
}

uint32_t cost_percent_most(const struct coord *c, enum desk d)
{
    return d == DESK_PI ? c->config.audit_percent_most : 100 * cost_threads(c, d);
}
