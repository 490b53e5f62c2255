// SPDX-License-Identifier: MIT
/*
 * Ranges differ in size by orders of magnitude.  So threads take equal parts of them
 * from one queue, in order, and add their hits under its mutex.
 */
#include "ctl/lib/recount.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <time.h>

#include "common/kernel/kernel.h"
#include "common/program/offer.h"
#include "common/program/self_test.h"
#include "common/sys/cpu_count.h"

/* About 50 ms: short, so threads finish together; long, so locking costs little.  A
 * program's part is to last as long. */
#define PART_TRIALS (UINT64_C(1) << 24)
static const double part_seconds = 0.05;

struct queue {
    const struct recount *r;
    uint64_t *hits;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a thread has ended */
    size_t range;           /* index of the range of the next part */
    uint64_t at; /* where the part begins, in trials from the range's first */
    uint64_t trials_done, part;
    unsigned started, running;
    int rc;                         /* the first failure */
    struct program_failure failure; /* if that is -EPROTO */
};

/* Takes the next part; false if none is left or a thread failed.  Needs the lock. */
static bool take_part(struct queue *q, size_t *ret_range, struct range *ret)
{
    if (q->range == q->r->n || q->rc < 0)
        return false;
    const struct range *whole = &q->r->ranges[q->range];
    uint64_t left = whole->count - q->at;
    uint64_t count = left < q->part ? left : q->part;
    *ret_range = q->range;
    *ret = (struct range){whole->first + q->at, count};
    q->at += count;
    if (q->at == whole->count) {
        q->at = 0;
        q->range++;
    }
    return true;
}

static struct counter *make_program(const struct recount *r, unsigned thread)
{
    if (!r->offer)
        return NULL;
    return program_new(&(struct program_config){.name = r->offer->name,
                                                .command = r->offer->command,
                                                .thread = thread,
                                                .test = r->test->test,
                                                .rate = r->test->rate});
}

static int count_part(const struct recount *r, struct counter *program,
                      const struct range *part, uint64_t *ret_hits,
                      struct program_failure *ret_failure)
{
    const struct program_call call = {
        .seed = r->seed, .arg = r->arg, .score = r->score, .cancel_fd = r->cancel_fd};
    if (program)
        return program_count(program, &call, part->first, part->count, part->count,
                             NULL, ret_hits, ret_failure);
    return kernel_count(r->kernel, r->seed, part->first, part->count, 0, NULL,
                        r->cancel, ret_hits);
}

static void *recount_thread(void *arg)
{
    struct queue *q = arg;
    struct program_failure why;
    struct range part;
    size_t range;
    pthread_mutex_lock(&q->lock);
    struct counter *program = make_program(q->r, q->started++);
    while (take_part(q, &range, &part)) {
        uint64_t hits = 0;
        pthread_mutex_unlock(&q->lock);
        int rc = count_part(q->r, program, &part, &hits, &why);
        pthread_mutex_lock(&q->lock);
        if (rc < 0 && q->rc == 0) {
            q->rc = rc;
            q->failure = why;
        }
        q->hits[range] += hits;
        q->trials_done += part.count;
    }
    pthread_mutex_unlock(&q->lock);
    program_free(program);
    pthread_mutex_lock(&q->lock);
    q->running--;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static struct timespec next_tick(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += RECOUNT_TICK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

/* Waits until every thread has ended; reports progress. */
static void wait_for_threads(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->running > 0) {
        struct timespec until = next_tick();
        pthread_cond_timedwait(&q->changed, &q->lock, &until);
        uint64_t done = q->trials_done;
        pthread_mutex_unlock(&q->lock);
        if (q->r->on_progress)
            q->r->on_progress(q->r->ctx, done);
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
}

/* Returns how many threads were started; if none, q->rc has the error. */
static unsigned start_threads(struct queue *q, pthread_t *threads, unsigned n)
{
    unsigned started = 0;
    pthread_mutex_lock(&q->lock);
    while (started < n) {
        int rc = pthread_create(&threads[started], NULL, recount_thread, q);
        if (rc != 0 && started == 0)
            q->rc = -rc;
        if (rc != 0)
            break;
        started++;
    }
    q->running = started;
    pthread_mutex_unlock(&q->lock);
    return started;
}

static uint64_t part_trials(const struct recount *r)
{
    double trials = r->offer ? part_seconds * r->test->rate : (double)PART_TRIALS;
    return (uint64_t)fmax(1, fmin(trials, (double)PART_TRIALS));
}

int recount_run(const struct recount *r, uint64_t *ret_hits,
                struct program_failure *ret_failure)
{
    struct queue q = {
        .r = r, .hits = mem_zero(r->n, sizeof(uint64_t)), .part = part_trials(r)};
    unsigned n = cpu_count_usable().usable;
    pthread_t *threads = mem_zero(n, sizeof(*threads));
    pthread_mutex_init(&q.lock, NULL);
    pthread_cond_init(&q.changed, NULL);

    unsigned started = start_threads(&q, threads, n);
    wait_for_threads(&q);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < r->n && q.rc == 0; i++)
        ret_hits[i] = q.hits[i];
    if (q.rc == -EPROTO)
        *ret_failure = q.failure;

    pthread_cond_destroy(&q.changed);
    pthread_mutex_destroy(&q.lock);
    free(threads);
    free(q.hits);
    return q.rc;
}
