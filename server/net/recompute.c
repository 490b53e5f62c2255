// SPDX-License-Identifier: MIT
#include "server/net/recompute.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "common/base/vec.h"

struct task {
    uint64_t id, seed, first, count, hits, micros;
};

struct tasks {
    VEC(struct task);
};

struct recompute {
    uv_async_t async;
    const struct kernel *kernel;
    recompute_counted *on_counted;
    void *ctx;
    size_t threads, started;
    pthread_t *thread;
    atomic_bool stop;

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

static void *recompute_thread(void *arg)
{
    struct recompute *r = arg;
    struct task t;
    pthread_setname_np(pthread_self(), "audits");
    while (next_task(r, &t)) {
        uint64_t begun = cpu_micros();
        if (kernel_count(r->kernel, t.seed, t.first, t.count, t.count, NULL, &r->stop,
                         &t.hits) < 0)
            break; /* cancelled: the thread must stop */
        t.micros = cpu_micros() - begun;
        pthread_mutex_lock(&r->lock);
        *VEC_PUSH(&r->counted) = t;
        pthread_mutex_unlock(&r->lock);
        uv_async_send(&r->async);
    }
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
    for (size_t i = 0; i < counted.n; i++)
        r->on_counted(r->ctx, counted.items[i].id, counted.items[i].hits,
                      counted.items[i].micros);
    free(counted.items);
}

int recompute_new(uv_loop_t *loop, const struct kernel *kernel, size_t threads,
                  recompute_counted *on_counted, void *ctx, struct recompute **ret)
{
    assert(threads > 0);
    struct recompute *r = mem_zero(1, sizeof(*r));
    int err = uv_async_init(loop, &r->async, on_async);
    if (err < 0) {
        free(r);
        return err;
    }
    r->async.data = r;
    r->kernel = kernel;
    r->threads = threads;
    r->thread = mem_zero(threads, sizeof(*r->thread));
    r->on_counted = on_counted;
    r->ctx = ctx;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->more, NULL);
    *ret = r;
    return 0;
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

void recompute_ask(struct recompute *r, uint64_t id, uint64_t seed, uint64_t first,
                   uint64_t count)
{
    pthread_mutex_lock(&r->lock);
    *VEC_PUSH(&r->asked) =
        (struct task){.id = id, .seed = seed, .first = first, .count = count};
    bool all_work = r->asked.n - r->next > r->idle;
    pthread_cond_signal(&r->more);
    pthread_mutex_unlock(&r->lock);
    if (all_work && r->started < r->threads)
        start_thread(r);
}

static void on_closed(uv_handle_t *h)
{
    struct recompute *r = h->data;
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->more);
    free(r->asked.items);
    free(r->counted.items);
    free(r->thread);
    free(r);
}

void recompute_close(struct recompute *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->stop, true);
    pthread_cond_broadcast(&r->more);
    pthread_mutex_unlock(&r->lock);
    while (r->started > 0)
        pthread_join(r->thread[--r->started], NULL);
    uv_close((uv_handle_t *)&r->async, on_closed);
}
