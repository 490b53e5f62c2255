// SPDX-License-Identifier: MIT
/*
 * Compute threads (worker/pool.h).  A thread's mutex protects its queue and the
 * identity of its current lease; the mailbox has its own mutex.  No mutex is held while
 * a lease is computed, and no thread ever holds both.
 */
#include "worker/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/vec.h"
#include "common/kernel/kernel.h"
#include "worker/core/agent.h"

struct mail {
    VEC(struct pool_done);
};

struct pool_thread {
    struct pool *pool;
    uint32_t number;
    pthread_t id;
    pthread_mutex_t lock;
    pthread_cond_t work; /* signalled when the queue gets a grant, or by stop */
    struct pool_grant queue[THREAD_GRANTS_MAX];
    size_t n;
    bool stop, computing;
    uint64_t grant; /* grant and lease being computed */
    uint32_t lease;
    atomic_bool cancel; /* stop computing it */
};

struct pool {
    struct pool_config config;
    struct pool_thread *threads;
    uint32_t started; /* threads to join */
    pthread_mutex_t lock;
    struct mail in;  /* protected by lock: results from threads */
    struct mail out; /* results that the loop has collected */
};

static void lock(pthread_mutex_t *m)
{
    int r = pthread_mutex_lock(m);
    assert(r == 0);
    (void)r;
}

static void unlock(pthread_mutex_t *m)
{
    int r = pthread_mutex_unlock(m);
    assert(r == 0);
    (void)r;
}

static uint64_t now_micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void remove_grant(struct pool_thread *t, size_t i)
{
    t->n--;
    memmove(&t->queue[i], &t->queue[i + 1], (t->n - i) * sizeof(t->queue[0]));
}

/* Waits for the next lease and dequeues it.  False: the thread must end. */
static bool next_lease(struct pool_thread *t, struct pool_grant *ret)
{
    lock(&t->lock);
    t->computing = false;
    while (t->n == 0 && !t->stop)
        pthread_cond_wait(&t->work, &t->lock);
    bool go = !t->stop;
    if (go) {
        struct pool_grant *g = &t->queue[0];
        *ret = *g;
        t->computing = true;
        t->grant = g->id;
        t->lease = (uint32_t)__builtin_ctzll(g->leases);
        atomic_store(&t->cancel, false);
        g->leases &= g->leases - 1;
        if (g->leases == 0)
            remove_grant(t, 0);
    }
    unlock(&t->lock);
    return go;
}

static void compute_lease(struct pool_thread *t, const struct pool_grant *g,
                          struct pool_done *ret)
{
    /* Only this thread writes t->lease, so reading it needs no lock. */
    struct range r = grant_lease(g->first, g->count, g->lease_log2, t->lease);
    uint64_t piece = lease_piece(r.count);
    ret->grant = g->id;
    ret->thread = t->number;
    ret->lease = t->lease;
    ret->hits = 0;
    uint64_t start = now_micros();
    int error = kernel_count(t->pool->config.kernel, g->seed, r.first, r.count, piece,
                             ret->pieces, &t->cancel, &ret->hits);
    assert(error == 0 || error == -ECANCELED);
    ret->micros = now_micros() - start;
    ret->cancelled = error != 0;
    ret->n_pieces = error ? 0 : (uint32_t)((r.count + piece - 1) / piece);
    assert(ret->n_pieces <= LEASE_PIECES);
}

static void post_result(struct pool *p, const struct pool_done *done)
{
    lock(&p->lock);
    bool was_empty = p->in.n == 0;
    memcpy(VEC_PUSH(&p->in), done,
           offsetof(struct pool_done, pieces) + done->n_pieces * sizeof(uint64_t));
    unlock(&p->lock);
    if (was_empty)
        p->config.wake(p->config.ctx);
}

static void *thread_main(void *arg)
{
    struct pool_thread *t = arg;
    struct pool_grant g;
    struct pool_done done;
    char name[16];
    snprintf(name, sizeof(name), "pi-%u", t->number);
    pthread_setname_np(pthread_self(), name);
    while (next_lease(t, &g)) {
        compute_lease(t, &g, &done);
        post_result(t->pool, &done);
    }
    return NULL;
}

static int start_thread(struct pool *p, uint32_t number)
{
    struct pool_thread *t = &p->threads[number];
    t->pool = p;
    t->number = number;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    int error = pthread_create(&t->id, NULL, thread_main, t);
    if (error) {
        pthread_cond_destroy(&t->work);
        pthread_mutex_destroy(&t->lock);
    }
    return -error;
}

int pool_new(const struct pool_config *config, struct pool **ret)
{
    assert(config->threads >= 1 && config->kernel && config->wake);
    struct pool *p = mem_zero(1, sizeof(*p));
    p->config = *config;
    p->threads = mem_zero(config->threads, sizeof(*p->threads));
    pthread_mutex_init(&p->lock, NULL);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* new threads inherit it */
    int error = 0;
    while (!error && p->started < config->threads) {
        error = start_thread(p, p->started);
        p->started += !error;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        pool_free(p);
        return error;
    }
    *ret = p;
    return 0;
}

static void stop_thread(struct pool_thread *t)
{
    lock(&t->lock);
    t->stop = true;
    atomic_store(&t->cancel, true);
    pthread_cond_signal(&t->work);
    unlock(&t->lock);
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->started; i++)
        stop_thread(&p->threads[i]);
    for (uint32_t i = 0; i < p->started; i++) {
        pthread_join(p->threads[i].id, NULL);
        pthread_cond_destroy(&p->threads[i].work);
        pthread_mutex_destroy(&p->threads[i].lock);
    }
    pthread_mutex_destroy(&p->lock);
    free(p->in.items);
    free(p->out.items);
    free(p->threads);
    free(p);
}

void pool_assign(struct pool *p, uint32_t thread, const struct pool_grant *g)
{
    assert(thread < p->config.threads && g->leases);
    struct pool_thread *t = &p->threads[thread];
    lock(&t->lock);
    assert(t->n < THREAD_GRANTS_MAX);
    t->queue[t->n++] = *g;
    pthread_cond_signal(&t->work);
    unlock(&t->lock);
}

void pool_unassign(struct pool *p, uint32_t thread, uint64_t grant, uint64_t leases)
{
    assert(thread < p->config.threads);
    struct pool_thread *t = &p->threads[thread];
    lock(&t->lock);
    for (size_t i = 0; i < t->n; i++) {
        if (t->queue[i].id != grant)
            continue;
        t->queue[i].leases &= ~leases;
        if (t->queue[i].leases == 0)
            remove_grant(t, i);
        break;
    }
    if (t->computing && t->grant == grant && (leases >> t->lease & 1))
        atomic_store(&t->cancel, true);
    unlock(&t->lock);
}

size_t pool_collect(struct pool *p, const struct pool_done **ret)
{
    p->out.n = 0;
    lock(&p->lock);
    struct mail full = p->in;
    p->in = p->out;
    p->out = full;
    unlock(&p->lock);
    *ret = p->out.items;
    return p->out.n;
}
