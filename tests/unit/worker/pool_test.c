// SPDX-License-Identifier: MIT
/*
 * The compute threads: each lease is counted once, correctly and in order; a removed
 * one is not; and a pool can be stopped at any time.  The tests wait on a condition
 * that wake() signals, never for a fixed time.
 */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/kernel/kernel.h"
#include "tests/lib/clock.h"
#include "worker/core/agent.h"
#include "worker/pool.h"

enum { DONE_MAX = 4096, LOG2 = 16 };

struct rig {
    struct pool *pool;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool awake;
    size_t n;
    struct pool_done done[DONE_MAX];
};

static struct rig rig;

static void wake(void *ctx)
{
    struct rig *r = ctx;
    pthread_mutex_lock(&r->lock);
    r->awake = true;
    pthread_cond_signal(&r->woken);
    pthread_mutex_unlock(&r->lock);
}

static void start_with(const struct kernel *kernel, uint32_t threads)
{
    memset(&rig, 0, sizeof(rig));
    pthread_mutex_init(&rig.lock, NULL);
    pthread_cond_init(&rig.woken, NULL);
    struct pool_config config = {
        .threads = threads, .kernel = kernel, .wake = wake, .ctx = &rig};
    assert_int_equal(pool_new(&config, &rig.pool), 0);
}

static void start(uint32_t threads)
{
    start_with(&kernel_scalar, threads);
}

static void stop(void)
{
    pool_free(rig.pool);
    pthread_cond_destroy(&rig.woken);
    pthread_mutex_destroy(&rig.lock);
}

static void collect(void)
{
    const struct pool_done *done;
    size_t n = pool_collect(rig.pool, &done);
    assert_true(rig.n + n <= DONE_MAX);
    for (size_t i = 0; i < n; i++) /* of the pieces only n_pieces are there */
        memcpy(&rig.done[rig.n++], &done[i],
               offsetof(struct pool_done, pieces) +
                   done[i].n_pieces * sizeof(done[i].pieces[0]));
}

static void wait_for(size_t n)
{
    for (collect(); rig.n < n; collect()) {
        pthread_mutex_lock(&rig.lock);
        while (!rig.awake)
            pthread_cond_wait(&rig.woken, &rig.lock);
        rig.awake = false;
        pthread_mutex_unlock(&rig.lock);
    }
}

/* A grant of n leases of 2^log2 trials from the first multiple of them on. */
static struct pool_grant grant(uint64_t id, uint32_t n, uint32_t log2)
{
    return (struct pool_grant){
        .id = id,
        .seed = 42,
        .first = id << (log2 + 6),
        .count = (uint64_t)n << log2,
        .leases = leases_mask(n),
        .lease_log2 = log2,
    };
}

/* As long as it likes: a year of counting. */
static struct pool_grant endless_grant(uint64_t id)
{
    struct pool_grant g = grant(id, 2, 56);
    g.first = 0;
    return g;
}

static uint64_t truth(uint64_t seed, uint64_t first, uint64_t count)
{
    const struct kernel *k;
    uint64_t hits;
    assert_int_equal(kernel_choose("scalar", &k), 0);
    assert_int_equal(kernel_count(k, seed, first, count, 1 << 16, NULL, NULL, &hits),
                     0);
    return hits;
}

static void a_lease_is_counted_with_its_pieces(void **state)
{
    (void)state;
    struct pool_grant g = grant(1, 1, 18);
    g.first += 5; /* ragged at both ends */
    g.count -= 12;
    start(1);
    pool_assign(rig.pool, 0, &g);
    wait_for(1);
    const struct pool_done *d = &rig.done[0];
    assert_int_equal(d->grant, 1);
    assert_int_equal(d->lease, 0);
    assert_false(d->cancelled);
    assert_true(d->micros > 0);
    assert_int_equal(d->hits, truth(42, g.first, g.count));
    assert_int_equal(d->n_pieces, 4);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(d->pieces[i],
                         truth(42, g.first + (i << 16), 65536 - (i == 3 ? 12 : 0)));
    stop();
}

static void each_thread_counts_its_grants_in_order_and_every_lease_once(void **state)
{
    (void)state;
    enum { THREADS = 3, GRANTS = 5, LEASES = 7 };
    uint32_t next[THREADS] = {0};
    start(THREADS);
    for (uint64_t i = 0; i < THREADS * GRANTS; i++) {
        struct pool_grant g = grant(i, LEASES, LOG2);
        pool_assign(rig.pool, (uint32_t)(i / GRANTS), &g);
    }
    wait_for(THREADS * GRANTS * LEASES);
    for (size_t i = 0; i < rig.n; i++) {
        const struct pool_done *d = &rig.done[i];
        uint32_t number = next[d->thread]++;
        assert_int_equal(d->grant, d->thread * GRANTS + number / LEASES);
        assert_int_equal(d->lease, number % LEASES);
        uint64_t first = (d->grant << (LOG2 + 6)) + ((uint64_t)d->lease << LOG2);
        assert_int_equal(d->hits, truth(42, first, 1 << LOG2));
    }
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(next[t], GRANTS * LEASES);
    stop();
}

static void only_the_leases_of_the_mask_are_counted(void **state)
{
    (void)state;
    struct pool_grant g = grant(1, 5, LOG2), last = grant(2, 1, LOG2);
    g.leases = 0x12;
    start(1);
    pool_assign(rig.pool, 0, &g);
    pool_assign(rig.pool, 0, &last);
    wait_for(3);
    assert_int_equal(rig.done[0].lease, 1);
    assert_int_equal(rig.done[1].lease, 4);
    assert_int_equal(rig.done[2].grant, 2);
    stop();
}

static void a_running_lease_that_is_taken_out_reports_that_it_was_cancelled(void **s)
{
    (void)s;
    struct pool_grant marker = grant(1, 1, LOG2), endless = endless_grant(2);
    start(1);
    pool_assign(rig.pool, 0, &marker);
    pool_assign(rig.pool, 0, &endless);
    wait_for(1); /* the thread goes on to the endless lease by itself */
    pool_unassign(rig.pool, 0, 2, 2); /* the other lease of the grant just vanishes */
    pool_unassign(rig.pool, 0, 2, 1);
    marker.id = 3;
    pool_assign(rig.pool, 0, &marker);
    wait_for(2);
    if (rig.done[1].grant == 2) { /* it had been begun */
        assert_true(rig.done[1].cancelled);
        assert_int_equal(rig.done[1].lease, 0);
        assert_int_equal(rig.done[1].n_pieces, 0);
        wait_for(3);
    }
    assert_int_equal(rig.done[rig.n - 1].grant, 3);
    stop();
}

static void a_queued_lease_that_is_taken_out_is_never_heard_of(void **state)
{
    (void)state;
    struct pool_grant endless = endless_grant(1), g = grant(2, 4, LOG2);
    struct pool_grant last = grant(3, 1, LOG2);
    start(1);
    pool_assign(rig.pool, 0, &endless);
    pool_assign(rig.pool, 0, &g);
    pool_assign(rig.pool, 0, &last);
    pool_unassign(rig.pool, 0, 2, 0xb);
    pool_unassign(rig.pool, 0, 77, 1); /* of no grant that is there: nothing */
    pool_unassign(rig.pool, 0, 1, 3);
    size_t skip = 0;
    wait_for(2);
    if (rig.done[0].grant == 1) { /* the endless one had been begun */
        assert_true(rig.done[0].cancelled);
        skip = 1;
        wait_for(3);
    }
    assert_int_equal(rig.n, 2 + skip);
    assert_int_equal(rig.done[skip].grant, 2);
    assert_int_equal(rig.done[skip].lease, 2);
    assert_int_equal(rig.done[skip + 1].grant, 3);
    stop();
}

static void unassigning_one_grant_leaves_the_running_one_of_another_alone(void **s)
{
    (void)s;
    struct pool_grant running = grant(1, 8, 20), other = grant(2, 8, LOG2);
    start(1);
    pool_assign(rig.pool, 0, &running);
    pool_assign(rig.pool, 0, &other);
    pool_unassign(rig.pool, 0, 2, 0xff);
    wait_for(8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(rig.done[i].grant, 1);
        assert_false(rig.done[i].cancelled);
        assert_int_equal(rig.done[i].n_pieces, 16);
    }
    stop();
}

static void a_queue_holds_as_many_grants_as_the_agent_takes(void **state)
{
    (void)state;
    struct pool_grant endless = endless_grant(100);
    start(1);
    endless.leases = 1;
    pool_assign(rig.pool, 0, &endless);
    for (uint64_t id = 0; id + 1 < THREAD_GRANTS_MAX; id++) {
        struct pool_grant g = grant(id, 2, LOG2);
        pool_assign(rig.pool, 0, &g);
    }
    pool_unassign(rig.pool, 0, 100, 1);
    wait_for(2 * (THREAD_GRANTS_MAX - 1));
    stop();
}

enum { ENDLESS_SEED = 43 };

static sem_t begun;         /* posted by whoever counts what never ends */
static atomic_uint running; /* threads that count */

static uint64_t run_and_tell(uint64_t seed, uint64_t first, uint64_t count)
{
    atomic_fetch_add(&running, 1);
    if (seed == ENDLESS_SEED)
        sem_post(&begun);
    uint64_t hits = kernel_scalar.run(seed, first, count);
    atomic_fetch_sub(&running, 1);
    return hits;
}

static void a_pool_can_be_ended_while_it_counts(void **state)
{
    struct kernel telling = kernel_scalar;
    telling.run = run_and_tell;
    (void)state;
    for (int round = 0; round < 5; round++) {
        sem_init(&begun, 0, 0);
        start_with(&telling, 4);
        for (uint32_t t = 0; t < 3; t++) { /* the fourth waits for work */
            struct pool_grant g = grant(1, 4, LOG2), endless = endless_grant(2);
            endless.seed = ENDLESS_SEED;
            pool_assign(rig.pool, t, &g);
            pool_assign(rig.pool, t, &endless);
        }
        if (round > 0)
            wait_for((size_t)round);
        if (round > 2)
            sem_wait(&begun);
        collect();
        stop();
        sem_destroy(&begun);
        assert_int_equal(running, 0); /* nobody counts on */
        for (size_t i = 0; i < rig.n; i++)
            assert_true(rig.done[i].grant == 1 && !rig.done[i].cancelled);
    }
    pool_free(NULL);
}

/* ---- what happens to a lease while its neighbour computes ---- */

static sem_t go_on; /* whoever has begun waits for it */

static uint64_t run_when_told(uint64_t seed, uint64_t first, uint64_t count)
{
    if (seed == ENDLESS_SEED) {
        sem_post(&begun);
        sem_wait(&go_on);
    }
    return kernel_scalar.run(seed, first, count);
}

/* Two leases, of which the lowest has begun, and waits. */
static void begin_two_leases(void)
{
    static struct kernel waiting;
    waiting = kernel_scalar;
    waiting.run = run_when_told;
    sem_init(&begun, 0, 0);
    sem_init(&go_on, 0, 0);
    start_with(&waiting, 1);
    struct pool_grant two = grant(1, 2, 20);
    two.seed = ENDLESS_SEED;
    pool_assign(rig.pool, 0, &two);
    sem_wait(&begun);
}

static void go_on_and_end(size_t n)
{
    for (int i = 0; i < 1000; i++) /* more often than any kernel is called */
        sem_post(&go_on);
    wait_for(n);
    stop();
    sem_destroy(&begun);
    sem_destroy(&go_on);
}

static void a_lease_is_computed_though_its_neighbour_is_taken_out(void **state)
{
    (void)state;
    struct pool_grant last = grant(2, 1, LOG2);
    begin_two_leases();
    pool_unassign(rig.pool, 0, 1, 2);
    pool_assign(rig.pool, 0, &last);
    go_on_and_end(2);
    assert_int_equal(rig.n, 2);
    assert_int_equal(rig.done[0].lease, 0);
    assert_false(rig.done[0].cancelled);
    assert_int_equal(rig.done[0].hits, truth(ENDLESS_SEED, UINT64_C(1) << 26, 1 << 20));
    assert_int_equal(rig.done[1].grant, 2);
}

static void a_lease_is_computed_after_its_neighbour_was_cancelled(void **state)
{
    (void)state;
    begin_two_leases();
    pool_unassign(rig.pool, 0, 1, 1);
    go_on_and_end(2);
    assert_true(rig.done[0].cancelled);
    assert_int_equal(rig.done[0].lease, 0);
    assert_false(rig.done[1].cancelled);
    assert_int_equal(rig.done[1].lease, 1);
    assert_int_equal(rig.done[1].hits,
                     truth(ENDLESS_SEED, (UINT64_C(1) << 26) + (1 << 20), 1 << 20));
}

static void a_grant_that_is_taken_out_leaves_those_before_it(void **state)
{
    (void)state;
    struct pool_grant second = grant(2, 1, LOG2), third = grant(3, 1, LOG2);
    begin_two_leases();
    pool_assign(rig.pool, 0, &second);
    pool_assign(rig.pool, 0, &third);
    pool_unassign(rig.pool, 0, 3, 1);
    go_on_and_end(3);
    assert_int_equal(rig.done[1].lease, 1);
    assert_int_equal(rig.done[2].grant, 2);
}

static void the_time_of_a_lease_is_in_microseconds(void **state)
{
    (void)state;
    begin_two_leases();
    clock_leap(5000);
    go_on_and_end(2);
    assert_true(rig.done[0].micros >= 5000000);
}

/* ---- signals ---- */

static volatile sig_atomic_t handled;

static void on_signal(int signum)
{
    (void)signum;
    handled = 1;
}

/* The mask of blocked signals of a thread, as the system shows it. */
static unsigned long long blocked_by(const char *task)
{
    char path[300], line[128];
    unsigned long long mask = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof(line), status))
        sscanf(line, "SigBlk: %llx", &mask);
    if (status)
        fclose(status);
    return mask;
}

static void each_thread_blocks_all_signals(void **state)
{
    (void)state;
    int n = 0;
    struct dirent *entry;
    char own[16];
    start(3);
    for (uint32_t thread = 0; thread < 3; thread++) {
        struct pool_grant g = grant(thread + 1, 1, LOG2);
        pool_assign(rig.pool, thread, &g);
    }
    wait_for(3); /* a thread that has not begun yet blocks all signals */
    snprintf(own, sizeof(own), "%d", (int)getpid());
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    while ((entry = readdir(tasks)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, own) != 0) {
            unsigned long long mask = blocked_by(entry->d_name);
            for (int signum = 1; signum < 32; signum++)
                assert_true(signum == SIGKILL || signum == SIGSTOP ||
                            (mask >> (signum - 1) & 1));
            n++;
        }
    closedir(tasks);
    assert_true(n >= 3); /* and one of a sanitizer's, perhaps */
    stop();
}

static void signals_are_not_for_pool_threads(void **state)
{
    (void)state;
    sigset_t usr1, before, now;
    struct sigaction action = {.sa_handler = on_signal}, was;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigaction(SIGUSR1, &action, &was);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    start(2);
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    assert_int_equal(sigismember(&now, SIGUSR1), sigismember(&before, SIGUSR1));
    struct pool_grant endless = endless_grant(1);
    pool_assign(rig.pool, 0, &endless);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL); /* so that no thread is left to take it */
    kill(getpid(), SIGUSR1);
    int taken = 0;
    sigset_t pending;
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGUSR1));
    assert_int_equal(sigwait(&usr1, &taken), 0);
    assert_int_equal(handled, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    stop();
    sigaction(SIGUSR1, &was, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_counted_with_its_pieces),
        cmocka_unit_test(each_thread_counts_its_grants_in_order_and_every_lease_once),
        cmocka_unit_test(only_the_leases_of_the_mask_are_counted),
        cmocka_unit_test(
            a_running_lease_that_is_taken_out_reports_that_it_was_cancelled),
        cmocka_unit_test(a_queued_lease_that_is_taken_out_is_never_heard_of),
        cmocka_unit_test(unassigning_one_grant_leaves_the_running_one_of_another_alone),
        cmocka_unit_test(a_queue_holds_as_many_grants_as_the_agent_takes),
        cmocka_unit_test(a_pool_can_be_ended_while_it_counts),
        cmocka_unit_test(a_lease_is_computed_though_its_neighbour_is_taken_out),
        cmocka_unit_test(a_lease_is_computed_after_its_neighbour_was_cancelled),
        cmocka_unit_test(a_grant_that_is_taken_out_leaves_those_before_it),
        cmocka_unit_test(the_time_of_a_lease_is_in_microseconds),
        cmocka_unit_test(each_thread_blocks_all_signals),
        cmocka_unit_test(signals_are_not_for_pool_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
