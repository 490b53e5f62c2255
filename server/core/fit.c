// SPDX-License-Identifier: MIT
/*
 * A grant is sized for a target time at the rate of its thread, by what was seen;
 * grants start small and shrink with the remaining work (guided self-scheduling:
 * Polychronopoulos and Kuck 1987).
 */
#include "server/core/fit.h"

#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/rate.h"

enum {
    GRANT_GROWTH_TIMES = 4, /* grant size: at most so many times the thread's last */
    FIRST_GRANT_LOG2 = 20,
    GRANT_LEASES_TARGET = 4,
    LEASE_TARGET_MS = 250,
    BUSY_TIMES = 4,   /* a thread that has work for so many times the target is busy */
    TAIL_MIN_MS = 10, /* grants at the end of a job are not smaller than this */
    AUDITED_GRANT_TRIALS = 1 << 28 /* limit for jobs with --audit all */
};

void fit_init(struct coord *c)
{
    if (c->config.grant_target_ms == 0)
        c->config.grant_target_ms = GRANT_LEASES_TARGET * LEASE_TARGET_MS;
}

/* ---- sizes ---- */

/* Grows with the fleet, so that all its threads together return about 4,000 results a
 * second at most.  Only those count that return any. */
static uint64_t target_ms(const struct coord *c)
{
    int64_t fleet = c->fleet.delivering;
    if (fleet > GRANT_MAX_MS)
        fleet = GRANT_MAX_MS;
    return (uint64_t)(fleet > c->config.grant_target_ms ? fleet
                                                        : c->config.grant_target_ms);
}

/* The thread's share of half of the remaining trials, so that all threads end
 * together. */
static uint64_t tail_trials(const struct pace *p, const struct job *j)
{
    const struct program *of = p->program;
    double share =
        p->seen ? (double)p->seen / of->seen : 1.0 / (1 + (double)of->delivering);
    if (share > 1)
        share = 1;
    uint64_t part = (uint64_t)((double)ledger_left(&j->ledger) * share / 2);
    uint64_t least = rate_scale(p->seen, TAIL_MIN_MS, 1000);
    return part > least ? part : least;
}

/* What is left of the job's running time. */
static int64_t left_ms(const struct coord *c, const struct job *j)
{
    int64_t run = j->run_ms >= 0 ? c->clock.now_ms - j->run_ms : 0;
    return j->record.for_ms - j->record.elapsed_ms - run;
}

/* The number of trials that the thread can do within the job's running time. */
static uint64_t time_trials(const struct coord *c, const struct thread *t,
                            const struct pace *p, const struct job *j)
{
    int64_t others_ms;
    uint64_t held = thread_held(t, p->program, &others_ms);
    int64_t left = left_ms(c, j) - others_ms - rate_predict_ms(p->seen, held);
    return rate_scale(rate_believed(p),
                      left > TAIL_MIN_MS ? (uint64_t)left : TAIL_MIN_MS, 1000);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* For some time after a restart, ranges that workers may still hold are not granted
 * anew. */
static uint64_t lease_from(const struct coord *c, const struct job *j)
{
    return c->clock.now_ms < c->jobs.resume_ms ? j->resume_floor : 0;
}

/* The answer of a job that ends by its time is the prefix that is complete then, so in
 * its last part the slots that it was dealt in are of no account. */
static bool nearly_over(const struct coord *c, const struct job *j)
{
    return j->record.rule == STOP_TIME && !j->record.trials &&
           left_ms(c, j) < j->record.for_ms / 16;
}

/* A thread's first grant: small, since nothing was seen of it.  Of a program one trial
 * where its self-test says that it is slow, or says nothing. */
static uint64_t first_trials(const struct pace *p)
{
    bool slow = !program_is_pi(p->program) && p->expected >> FIRST_GRANT_LOG2 == 0;
    return UINT64_C(1) << (slow ? UNIT_LOG2 : FIRST_GRANT_LOG2);
}

struct wanted fit_grant(const struct coord *c, const struct thread *t,
                        const struct pace *p, const struct job *j)
{
    struct wanted w = {.from = lease_from(c, j),
                       .leases = c->config.grant_leases,
                       .now_ms = c->clock.now_ms,
                       .worker = t->worker->id,
                       .lowest = nearly_over(c, j)};
    if (c->config.lease_log2) {
        w.log2 = c->config.lease_log2;
        w.trials = (uint64_t)w.leases << w.log2;
        return w;
    }
    uint64_t trials = first_trials(p), rate = rate_believed(p);
    if (rate && p->last_trials) {
        trials = rate_scale(rate, target_ms(c), 1000);
        trials = lesser(trials, rate_scale(p->seen, GRANT_MAX_MS, 1000));
        trials = lesser(trials, rate_scale(p->last_trials, GRANT_GROWTH_TIMES, 1));
    }
    trials = lesser(trials, tail_trials(p, j));
    if (j->record.rule == STOP_TIME && rate)
        trials = lesser(trials, time_trials(c, t, p, j));
    if (j->record.audit == AUDIT_ALL)
        trials = lesser(trials, AUDITED_GRANT_TRIALS);
    w.trials = trials;
    w.log2 = LEASE_LOG2_MIN;
    uint32_t leases = w.leases < GRANT_LEASES_TARGET ? w.leases : GRANT_LEASES_TARGET;
    uint32_t most = grant_log2_most(c, t, j);
    while (w.log2 < most && trials / leases >> (w.log2 + 1))
        w.log2++;
    return w;
}

/* ---- whether a thread should have one ---- */

bool fit_leaves_to_others(const struct thread *t, const struct job *j)
{
    if (program_is_pi(j->program) || t->in_hand == 0)
        return false;
    return rate_of(t, j->program) >> LEASE_LOG2_MIN == 0 &&
           ledger_left(&j->ledger) >> LEASE_LOG2_MIN <
               2 * (uint64_t)j->program->delivering;
}

bool fit_is_busy(const struct coord *c, const struct thread *t)
{
    int64_t ms = 0;
    if (t->others && t->in_hand > 0)
        (void)thread_held(t, NULL, &ms);
    return ms > BUSY_TIMES * (int64_t)target_ms(c);
}

bool fit_in_time(const struct coord *c, const struct thread *t, const struct job *j)
{
    if (j->record.rule != STOP_TIME || j->record.trials || j->run_ms < 0)
        return true; /* a job's time begins with its first lease */
    int64_t needs =
        rate_predict_ms(rate_of(t, j->program), UINT64_C(1) << LEASE_LOG2_MIN);
    return needs <= left_ms(c, j) + JOB_LATE_MS;
}
