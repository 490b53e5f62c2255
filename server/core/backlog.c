// SPDX-License-Identifier: MIT
/*
 * Trials of several jobs cannot be compared, since one of a program may take a second
 * and one of pi a nanosecond; the time that a thread needs for them can.  So whatever
 * is said of several jobs goes by that.
 */
#include "server/core/backlog.h"

#include <math.h>

#include "common/base/estimate.h"
#include "server/core/cost.h"
#include "server/core/job.h"

enum {
    WORTH_S = 10, /* a thread is wanted for what would keep it busy for so long */
    THREADS_MOST = 65536
};

static double not_below(double least, double x)
{
    return x > least ? x : least;
}

/* Seconds that a thread needs for so many of the ledger's trials: as fast as those that
 * deliver now, else as fast as picoord recomputes. */
static double thread_seconds(const struct coord *c, const struct program *p,
                             double trials)
{
    if (p->delivering)
        return trials * p->delivering / p->seen;
    return trials * ((double)(uint64_t)cost_us(c, p, 1 << 30) / (1 << 30) / 1e6);
}

/* About how many trials a job that ends by its standard error has in all, which falls
 * with the square root of their number; 0: nothing is known yet of what it counts. */
static double trials_by_error(const struct job *j)
{
    const struct tally *t = &j->shown.tally;
    struct estimate e = reply_estimate(j, t->hits, t->done);
    if (!e.known || !(e.stderr_ > 0))
        return program_is_pi(j->program)
                   ? estimate_trials_needed(j->record.until_stderr)
                   : 0;
    double ratio = e.stderr_ / j->record.until_stderr;
    return (double)t->done * not_below(1, ratio * ratio);
}

/* What one job has yet to count.  Until its time is over any number of threads is of
 * use. */
static void add_job(const struct viewpoint *v, const struct job *j,
                    struct waiting_view *sum)
{
    const struct coord *c = v->coord;
    double all = (double)j->shown.trials, left, seconds, threads;
    if (j->record.rule == STOP_TIME && j->shown.trials == 0) {
        int64_t run_ms = j->record.for_ms - job_elapsed_at(j, v->now_ms);
        double run = not_below(0, (double)run_ms / 1000);
        seconds = run * c->fleet.threads;
        left = run * job_rate_at(j, v->now_ms);
        threads = run > 0 ? THREADS_MOST : 0;
    } else {
        all = all > 0 ? all : trials_by_error(j);
        left = not_below(0, all - (double)j->shown.tally.done);
        seconds = thread_seconds(c, j->program, left);
        threads = all > 0 ? ceil(seconds / WORTH_S) : 1;
    }
    sum->trials += (uint64_t)(left / (double)(1 << job_unit(j)));
    sum->seconds += seconds;
    threads += sum->threads;
    sum->threads = threads < THREADS_MOST ? (uint32_t)threads : THREADS_MOST;
}

void backlog_view(const struct viewpoint *v, struct waiting_view *ret)
{
    const struct coord *c = v->coord;
    *ret = (struct waiting_view){0};
    for (size_t i = 0; i < c->jobs.active.n; i++) {
        const struct job *j = c->jobs.active.items[i];
        if (j->shown.there && j->shown.state < JOB_PAUSED)
            add_job(v, j, ret);
    }
    if (ret->threads > 0)
        ret->seconds = c->fleet.threads ? ret->seconds / c->fleet.threads : NAN;
}
