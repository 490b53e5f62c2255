// SPDX-License-Identifier: MIT
/*
 * How long things take where a trial takes from ten seconds to a thousandth of a
 * microsecond (paces.c): grants are of seconds, or of one trial; jobs end when the
 * fleet can be through with them; pi has its share meanwhile; a stop rule leaves little
 * that is of no use; and the rate that is shown is no more than there is.
 */
#include "tests/sim/world.h"

enum {
    GRANT_S = 5, /* a grant of more than one trial, by the true rate of its thread */
    LATE_S = 20, /* a job may end so much later than the fleet could be through, and */
    LATE_TRIALS = 1, /* by so many trials of its slowest thread */
    SHARE_TIMES = 2, /* pi: the time that its share by weights would take */
    SURPLUS_S = 5,   /* of the fleet's work, beyond what a stop rule has cut */
    RATE_TIMES = 2   /* the rate that is shown: of all threads that may compute it */
};

/* ---- what a job is made of ---- */

static const struct plan_job *plan_of(const struct world *w, uint64_t number)
{
    uint32_t i = 0;
    while (w->plan.jobs[i].seed != w->image.jobs[number].record.seed)
        assert(++i < w->plan.n_jobs);
    return &w->plan.jobs[i];
}

static double rate_of(const struct plan_worker *k, const struct plan_job *j)
{
    return (double)(j->program ? k->units[j->program - 1] : k->rate);
}

/* Of a thread whose speed is 100 %. */
static double usual_rate(const struct world *w, const struct plan_job *j)
{
    const struct plan_worker *k = &w->plan.workers[0];
    return rate_of(k, j) * 100 / k->speed;
}

/* The slowest of those that may compute it takes so many seconds for a trial; of pi,
 * for nothing. */
static double trial_s(const struct world *w, const struct plan_job *j)
{
    uint32_t slowest = w->plan.workers[0].speed;
    for (uint32_t i = 1; i < w->plan.n_workers; i++)
        if (w->plan.workers[i].speed < slowest)
            slowest = w->plan.workers[i].speed;
    return j->program ? (1 << UNIT_LOG2) / usual_rate(w, j) * 100 / slowest : 0;
}

/* Threads that may compute it, each by its speed. */
static double threads_of(const struct world *w, const struct plan_job *j)
{
    double sum = 0;
    for (uint32_t i = 0; i < w->plan.n_workers; i++) {
        const struct plan_worker *k = &w->plan.workers[i];
        if (!j->program || k->has >> (j->program - 1) & 1)
            sum += k->speed / 100.0 * k->threads;
    }
    return sum;
}

/* What has been counted of it, in seconds of a thread whose speed is 100 %. */
static double work_s(const struct world *w, uint64_t number)
{
    return (double)w->image.jobs[number].shown.rows_done /
           usual_rate(w, plan_of(w, number));
}

/* What picoord has recomputed of all programs, each no more than of this one: they take
 * turns. */
static double audits_s(const struct world *w, const struct plan_job *j)
{
    double s[PLAN_PROGRAMS + 1] = {0}, sum = 0;
    for (uint32_t i = 1; i <= JOBS_MAX; i++) {
        const struct plan_job *other = w->image.jobs[i].there ? plan_of(w, i) : NULL;
        const struct ranges *r = &w->host.recounted[i];
        for (size_t n = 0; other && n < r->n; n++)
            s[other->program] += (double)r->at[n].count / usual_rate(w, other);
    }
    for (uint32_t i = 1; i <= PLAN_PROGRAMS; i++)
        sum += s[i] < s[j->program] ? s[i] : s[j->program];
    return j->program ? sum : 0;
}

/* ---- checks ---- */

void paced_granted(struct world *w, const struct party *p, const struct seen_grant *g)
{
    const struct plan_job *j = plan_of(w, g->job);
    uint64_t one = UINT64_C(1) << (j->program ? UNIT_LOG2 : LEASE_LOG2_MIN);
    uint32_t i = 0;
    while (w->place[i]->party != p)
        i++;
    double s = (double)g->count / rate_of(w->place[i]->plan, j);
    if (g->count > one && s > GRANT_S)
        world_fail(w, "%s is granted %.1f s of job %u", p->name, s, g->job);
}

/* When the fleet can be through with all that it has counted: no thread that may
 * compute the job is idle before. */
static void check_end(struct world *w, uint64_t number, const struct plan_job *j,
                      double took_s)
{
    double work = 0;
    for (uint32_t i = 1; i <= JOBS_MAX; i++)
        work += w->image.jobs[i].there ? work_s(w, i) : 0;
    double may =
        work / threads_of(w, j) + audits_s(w, j) + LATE_S + LATE_TRIALS * trial_s(w, j);
    if (took_s > may)
        world_fail(w, "job %llu took %.1f s, and may take %.1f",
                   (unsigned long long)number, took_s, may);
}

static void check_share(struct world *w, uint64_t number, const struct plan_job *j,
                        double took_s)
{
    double weights = 0, longest = 0;
    for (uint32_t i = 0; i < w->plan.n_jobs; i++) {
        weights += w->plan.jobs[i].weight;
        if (trial_s(w, &w->plan.jobs[i]) > longest)
            longest = trial_s(w, &w->plan.jobs[i]);
    }
    double may =
        SHARE_TIMES * work_s(w, number) / threads_of(w, j) * weights / j->weight +
        LATE_S + LATE_TRIALS * longest;
    if (took_s > may)
        world_fail(w, "pi took %.1f s beside programs, and may take %.1f", took_s, may);
}

static void check_surplus(struct world *w, uint64_t number, const struct plan_job *j,
                          uint64_t trials)
{
    double beyond = (double)(w->image.jobs[number].shown.rows_done - trials);
    double s = beyond / usual_rate(w, j) / threads_of(w, j);
    /* a standard error waits for what is out below it, a time for nothing so slow */
    if (s > SURPLUS_S + (j->rule == STOP_STDERR ? LATE_TRIALS * trial_s(w, j) : 0))
        world_fail(w, "job %llu ends, and %.1f s of its work are of no use",
                   (unsigned long long)number, s);
}

void paced_answer(struct world *w, uint64_t number, const struct answer_record *a)
{
    const struct plan_job *j = plan_of(w, number);
    double took_s = (double)(w->now_us - w->image.jobs[number].from_us) / SECOND_US;
    check_end(w, number, j, took_s);
    if (!j->program)
        check_share(w, number, j, took_s);
    if (j->rule != STOP_TRIALS)
        check_surplus(w, number, j, a->trials);
}

/* By the rate that is shown people reckon when a job ends. */
void paced_shown(struct world *w, const struct job_view *v)
{
    const struct plan_job *j = plan_of(w, v->number);
    double unit = j->program ? 1 << UNIT_LOG2 : 1;
    double most = RATE_TIMES * usual_rate(w, j) * threads_of(w, j) / unit;
    if (v->state == JOB_RUNNING && v->rate > most)
        world_fail(w, "job %llu is shown with %g trials/s, %g are possible",
                   (unsigned long long)v->number, v->rate, most / RATE_TIMES);
}
