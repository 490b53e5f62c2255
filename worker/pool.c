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
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/vec.h"
#include "common/kernel/kernel.h"
#include "common/program/offer.h"
#include "common/program/program.h"
#include "worker/core/agent.h"

struct mail {
    VEC(struct pool_done);
};

/* What the self-test of a program has found; protected by the pool's lock. */
struct tested {
    uint64_t test;
    double rate;
    uint32_t times; /* how often it was tested */
};

/* A thread's own child of a program. */
struct pool_program {
    struct counter *program; /* NULL: not used yet */
    uint32_t times;          /* of the test that it was made after */
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
    int cancel_fd;      /* the same for programs: can be read; -1: there are none */
    char arg[ARG_BYTES + 1]; /* of that grant */
    struct pool_program programs[PROGRAMS_MAX];
};

struct pool {
    struct pool_config config;
    struct pool_thread *threads;
    uint32_t started; /* threads to join */
    pthread_mutex_t lock;
    struct tested tested[PROGRAMS_MAX];
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

/* A queued grant owns its arg. */
static void remove_grant(struct pool_thread *t, size_t i)
{
    free((char *)t->queue[i].arg);
    t->n--;
    memmove(&t->queue[i], &t->queue[i + 1], (t->n - i) * sizeof(t->queue[0]));
}

static void set_cancel(struct pool_thread *t)
{
    atomic_store(&t->cancel, true);
    if (t->cancel_fd >= 0)
        eventfd_write(t->cancel_fd, 1);
}

static void clear_cancel(struct pool_thread *t)
{
    eventfd_t before;
    if (atomic_exchange(&t->cancel, false) && t->cancel_fd >= 0)
        eventfd_read(t->cancel_fd, &before);
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
        clear_cancel(t);
        if (g->program)
            strcpy(t->arg, g->arg ? g->arg : "");
        ret->arg = t->arg;
        g->leases &= g->leases - 1;
        if (g->leases == 0)
            remove_grant(t, 0);
    }
    unlock(&t->lock);
    return go;
}

/* The thread's child of a program, as it was last tested. */
static struct counter *thread_program(struct pool_thread *t, uint32_t program)
{
    struct pool_program *own = &t->programs[program - 1];
    const struct program_offer *offer = &t->pool->config.offers->items[program - 1];
    lock(&t->pool->lock);
    struct tested tested = t->pool->tested[program - 1];
    unlock(&t->pool->lock);
    assert(tested.times > 0);
    if (own->times == tested.times)
        return own->program;
    program_free(own->program);
    own->times = tested.times;
    own->program = program_new(&(struct program_config){.name = offer->name,
                                                        .command = offer->command,
                                                        .thread = t->number,
                                                        .test = tested.test,
                                                        .rate = tested.rate});
    return own->program;
}

/* r and piece are in units. */
static int count_by_program(struct pool_thread *t, const struct pool_grant *g,
                            struct range r, uint64_t piece, struct pool_done *ret)
{
    const struct program_call call = {
        .seed = g->seed, .arg = g->arg, .score = g->score, .cancel_fd = t->cancel_fd};
    struct program_failure why;
    int err = program_count(thread_program(t, g->program), &call, r.first >> UNIT_LOG2,
                            r.count >> UNIT_LOG2, piece >> UNIT_LOG2, ret->pieces,
                            &ret->hits, &why);
    if (err == -EPROTO) {
        ret->failure = mem_zero(1, sizeof(*ret->failure));
        *ret->failure = why;
    }
    return err;
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
    ret->failure = NULL;
    uint64_t start = now_micros();
    int error = g->program
                    ? count_by_program(t, g, r, piece, ret)
                    : kernel_count(t->pool->config.kernel, g->seed, r.first, r.count,
                                   piece, ret->pieces, &t->cancel, &ret->hits);
    assert(error == 0 || error == -ECANCELED || ret->failure);
    ret->micros = now_micros() - start;
    ret->cancelled = error == -ECANCELED;
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
    for (size_t i = 0; i < ARRAY_SIZE(t->programs); i++)
        program_free(t->programs[i].program);
    return NULL;
}

/* It is not running. */
static void release_thread(struct pool_thread *t)
{
    for (size_t i = t->n; i > 0; i--)
        remove_grant(t, i - 1);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    if (t->cancel_fd >= 0)
        close(t->cancel_fd);
}

static int start_thread(struct pool *p, uint32_t number)
{
    struct pool_thread *t = &p->threads[number];
    bool programs = p->config.offers && p->config.offers->n > 0;
    t->pool = p;
    t->number = number;
    t->cancel_fd = programs ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (programs && t->cancel_fd < 0)
        return -errno;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    int error = pthread_create(&t->id, NULL, thread_main, t);
    if (error)
        release_thread(t);
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
    set_cancel(t);
    pthread_cond_signal(&t->work);
    unlock(&t->lock);
}

static void forget_mail(struct mail *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->items[i].failure);
    m->n = 0;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->started; i++)
        stop_thread(&p->threads[i]);
    for (uint32_t i = 0; i < p->started; i++) {
        pthread_join(p->threads[i].id, NULL);
        release_thread(&p->threads[i]);
    }
    pthread_mutex_destroy(&p->lock);
    forget_mail(&p->in);
    forget_mail(&p->out);
    free(p->in.items);
    free(p->out.items);
    free(p->threads);
    free(p);
}

void pool_assign(struct pool *p, uint32_t thread, const struct pool_grant *g)
{
    assert(thread < p->config.threads && g->leases);
    struct pool_thread *t = &p->threads[thread];
    struct pool_grant own = *g;
    own.arg = g->program && *g->arg ? strdup(g->arg) : NULL;
    lock(&t->lock);
    assert(t->n < THREAD_GRANTS_MAX);
    t->queue[t->n++] = own;
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
        set_cancel(t);
    unlock(&t->lock);
}

void pool_offer(struct pool *p, uint32_t program, uint64_t test, double rate)
{
    assert(program >= 1 && p->config.offers && program <= p->config.offers->n);
    lock(&p->lock);
    struct tested *t = &p->tested[program - 1];
    *t = (struct tested){test, rate, t->times + 1};
    unlock(&p->lock);
}

size_t pool_collect(struct pool *p, const struct pool_done **ret)
{
    forget_mail(&p->out);
    lock(&p->lock);
    struct mail full = p->in;
    p->in = p->out;
    p->out = full;
    unlock(&p->lock);
    *ret = p->out.items;
    return p->out.n;
}
