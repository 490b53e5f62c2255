// SPDX-License-Identifier: MIT
#include "server/net/recompute.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/vec.h"
#include "common/program/offer.h"
#include "common/program/self_test.h"

struct task {
    uint64_t id;
    struct recompute_range range; /* arg is the task's own; program that of the offer */
    const struct program_offer *offer; /* NULL: pi */
    uint64_t hits, micros;
    char *failed; /* NULL: it has not */
};

struct tasks {
    VEC(struct task);
};

struct recompute {
    uv_async_t async;
    struct recompute_config config;
    size_t started;
    pthread_t *thread;
    atomic_bool stop;
    int stop_fd;                /* the same for programs: can be read */
    struct recompute *programs; /* who counts by them; NULL: nobody */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t more;
    struct tasks asked, counted;
    size_t next; /* index into `asked`; earlier ones are done or in progress */
    size_t idle; /* threads that wait for more */
};

/* The next task, once there is one; false: no more. */
static bool next_task(struct recompute *r, struct task *ret)
{
    pthread_mutex_lock(&r->lock);
    while (!atomic_load(&r->stop) && r->next == r->asked.n) {
        r->next = r->asked.n = 0;
        r->idle++;
        pthread_cond_wait(&r->more, &r->lock);
        r->idle--;
    }
    bool go_on = !atomic_load(&r->stop);
    if (go_on)
        *ret = r->asked.items[r->next++];
    pthread_mutex_unlock(&r->lock);
    return go_on;
}

static uint64_t cpu_micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t now_micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct counter *make_program(const struct recompute *r, size_t i)
{
    const struct program_offer *offer = &r->config.offers->items[i];
    return program_new(&(struct program_config){.name = offer->name,
                                                .command = offer->command,
                                                .test = r->config.tests[i].test,
                                                .rate = r->config.tests[i].rate});
}

/* By this thread's own children.  0 or -ECANCELED. */
static int count_by_program(struct recompute *r, struct counter *programs[],
                            struct task *t)
{
    size_t i = (size_t)(t->offer - r->config.offers->items);
    const struct program_call call = {.seed = t->range.seed,
                                      .arg = t->range.arg,
                                      .score = t->range.score,
                                      .cancel_fd = r->stop_fd};
    struct program_failure why;
    if (!programs[i])
        programs[i] = make_program(r, i);
    if (t->range.fresh)
        program_restart(programs[i]);
    uint64_t begun = now_micros();
    int err = program_count(programs[i], &call, t->range.first, t->range.count,
                            t->range.count, NULL, &t->hits, &why);
    t->micros = now_micros() - begun;
    if (err == -EPROTO)
        t->failed = strdup(why.why);
    return err == -EPROTO ? 0 : err;
}

static int count_by_kernel(struct recompute *r, struct task *t)
{
    uint64_t begun = cpu_micros();
    int err = kernel_count(r->config.kernel, t->range.seed, t->range.first,
                           t->range.count, t->range.count, NULL, &r->stop, &t->hits);
    t->micros = cpu_micros() - begun;
    return err;
}

static void *recompute_thread(void *arg)
{
    struct recompute *r = arg;
    struct counter *programs[PROGRAMS_MAX] = {NULL};
    struct task t;
    pthread_setname_np(pthread_self(), "audits");
    while (next_task(r, &t)) {
        int err = t.offer ? count_by_program(r, programs, &t) : count_by_kernel(r, &t);
        free((char *)t.range.arg);
        t.range.arg = NULL;
        if (err < 0)
            break; /* cancelled: the thread must stop */
        pthread_mutex_lock(&r->lock);
        *VEC_PUSH(&r->counted) = t;
        pthread_mutex_unlock(&r->lock);
        uv_async_send(&r->async);
    }
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        program_free(programs[i]);
    return NULL;
}

/* One wakeup may stand for several tasks. */
static void on_async(uv_async_t *async)
{
    struct recompute *r = async->data;
    pthread_mutex_lock(&r->lock);
    struct tasks counted = r->counted;
    r->counted = (struct tasks){0};
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < counted.n; i++) {
        struct task *t = &counted.items[i];
        r->config.on_counted(r->config.ctx, t->id, t->hits, t->micros, t->failed);
        free(t->failed);
    }
    free(counted.items);
}

static int open_threads(uv_loop_t *loop, const struct recompute_config *config,
                        size_t threads, struct recompute **ret)
{
    assert(threads > 0);
    struct recompute *r = mem_zero(1, sizeof(*r));
    r->config = *config;
    r->config.threads = threads;
    r->stop_fd = eventfd(0, EFD_CLOEXEC);
    int err = r->stop_fd < 0 ? -errno : uv_async_init(loop, &r->async, on_async);
    if (err < 0) {
        if (r->stop_fd >= 0)
            close(r->stop_fd);
        free(r);
        return err;
    }
    r->async.data = r;
    r->thread = mem_zero(threads, sizeof(*r->thread));
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->more, NULL);
    *ret = r;
    return 0;
}

int recompute_new(uv_loop_t *loop, const struct recompute_config *config,
                  struct recompute **ret)
{
    struct recompute *r = NULL;
    int err = open_threads(loop, config, config->threads, &r);
    if (err == 0 && config->offers)
        err = open_threads(loop, config, 1, &r->programs);
    if (err < 0)
        recompute_close(r);
    else
        *ret = r;
    return err;
}

/* Signals are handled on the event loop: the new thread blocks all of them. */
static void start_thread(struct recompute *r)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&r->thread[r->started++], NULL, recompute_thread, r) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void recompute_ask(struct recompute *r, uint64_t id,
                   const struct recompute_range *range)
{
    struct task t = {.id = id, .range = *range};
    t.range.program = t.range.arg = NULL;
    if (*range->program) {
        r = r->programs;
        t.offer = offers_find(r->config.offers, range->program);
        t.range.arg = strdup(range->arg);
        assert(t.offer && t.range.arg);
    }
    pthread_mutex_lock(&r->lock);
    *VEC_PUSH(&r->asked) = t;
    bool all_work = r->asked.n - r->next > r->idle;
    pthread_cond_signal(&r->more);
    pthread_mutex_unlock(&r->lock);
    if (all_work && r->started < r->config.threads)
        start_thread(r);
}

static void on_closed(uv_handle_t *h)
{
    struct recompute *r = h->data;
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->more);
    while (r->next < r->asked.n)
        free((char *)r->asked.items[r->next++].range.arg);
    for (size_t i = 0; i < r->counted.n; i++)
        free(r->counted.items[i].failed);
    close(r->stop_fd);
    free(r->asked.items);
    free(r->counted.items);
    free(r->thread);
    free(r);
}

void recompute_close(struct recompute *r)
{
    if (!r)
        return;
    recompute_close(r->programs);
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->stop, true);
    eventfd_write(r->stop_fd, 1);
    pthread_cond_broadcast(&r->more);
    pthread_mutex_unlock(&r->lock);
    while (r->started > 0)
        pthread_join(r->thread[--r->started], NULL);
    uv_close((uv_handle_t *)&r->async, on_closed);
}
