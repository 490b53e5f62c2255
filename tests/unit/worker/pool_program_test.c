// SPDX-License-Identifier: MIT
/*
 * Programs on the compute threads, beside pi: units become trials, each thread has its
 * own child, a lease that is taken away ends, and a failure is told with its lease.
 */
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/kernel/kernel.h"
#include "common/program/offer.h"
#include "common/program/program.h"
#include "worker/pool.h"

enum {
    LEASE_LOG2 = 22,
    TRIALS = 1 << (LEASE_LOG2 - UNIT_LOG2),
    EVENS = 1,
    LENGTH,
    BAD,
    SLOW
};

/* In the order of that enum.  $t is the text of the job. */
static const char *const texts[] = {
    "evens=while read -r c s f n; do echo $f $(((f + n + 1) / 2 - (f + 1) / 2)); done",
    "length=while read -r c s f n t; do echo $f ${#t}; done",
    "bad=read -r c; echo oh >&2; exit 3",
    "slow=while read -r c s f n t; do test $s = 7 && exec sleep 1000; echo $f 0; done",
};

static struct offers offers;
static sem_t woken;
static struct pool *pool;

static void wake(void *ctx)
{
    (void)ctx;
    sem_post(&woken);
}

static void start(uint32_t threads)
{
    struct error why;
    signal(SIGPIPE, SIG_IGN);
    sem_init(&woken, 0, 0);
    assert_int_equal(offers_parse("", texts, ARRAY_SIZE(texts), &offers, &why), 0);
    struct pool_config config = {
        .threads = threads, .kernel = &kernel_scalar, .offers = &offers, .wake = wake};
    assert_int_equal(pool_new(&config, &pool), 0);
    for (uint32_t i = 1; i <= ARRAY_SIZE(texts); i++)
        pool_offer(pool, i, 0, 1); /* a rate too low for a test at each start */
}

/* Nothing is left running: children that have ended are waited for by the pool. */
static void stop(void)
{
    pool_free(pool);
    sem_destroy(&woken);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static const struct pool_done *next_done(void)
{
    const struct pool_done *done;
    while (sem_wait(&woken) < 0)
        continue;
    assert_int_equal(pool_collect(pool, &done), 1);
    return done;
}

static struct pool_grant grant(uint64_t id, uint32_t program, const char *arg)
{
    return (struct pool_grant){.id = id,
                               .seed = 42,
                               .count = UINT64_C(1) << LEASE_LOG2,
                               .leases = 1,
                               .lease_log2 = LEASE_LOG2,
                               .program = program,
                               .arg = arg};
}

static void a_lease_is_counted_in_trials(void **state)
{
    (void)state;
    start(2);
    struct pool_grant g = grant(9, EVENS, "");
    pool_assign(pool, 1, &g);
    const struct pool_done *done = next_done();
    assert_int_equal(done->grant, 9);
    assert_int_equal(done->hits, TRIALS / 2);
    assert_int_equal(done->n_pieces, LEASE_PIECES);
    for (uint32_t i = 0; i < done->n_pieces; i++)
        assert_int_equal(done->pieces[i], i % 2 == 0); /* a piece is one trial */
    assert_null(done->failure);
    assert_false(done->cancelled);
    stop();
}

/* Beside pi, on the same thread. */
static void a_text_goes_along(void **state)
{
    (void)state;
    char arg[] = "five5";
    start(1);
    struct pool_grant pi = grant(2, 0, ""), g = grant(1, LENGTH, arg);
    g.score = true;
    pool_assign(pool, 0, &g);
    memset(arg, 0, sizeof(arg)); /* it was borrowed for the call alone */
    assert_int_equal(next_done()->pieces[0], 5);
    pool_assign(pool, 0, &pi);
    assert_int_equal(next_done()->hits,
                     kernel_reference_hits(42, 0, UINT64_C(1) << LEASE_LOG2));
    g = grant(3, LENGTH, "");
    pool_assign(pool, 0, &g);
    assert_int_equal(next_done()->hits, 0);
    stop();
}

static void a_failure_comes_with_its_lease(void **state)
{
    (void)state;
    start(1);
    struct pool_grant bad = grant(5, BAD, ""), good = grant(6, EVENS, "");
    pool_assign(pool, 0, &bad);
    const struct pool_done *done = next_done();
    assert_int_equal(done->grant, 5);
    assert_int_equal(done->n_pieces, 0);
    assert_false(done->cancelled);
    assert_non_null(done->failure);
    assert_string_equal(done->failure->why, "exited with 3: \"oh\"");
    assert_string_equal(done->failure->stderr_, "oh");
    pool_assign(pool, 0, &good); /* the thread goes on */
    assert_int_equal(next_done()->hits, TRIALS / 2);
    pool_offer(pool, BAD, 0, 1); /* tested again: a new child, which fails as well */
    pool_assign(pool, 0, &bad);
    assert_non_null(next_done()->failure);
    stop();
}

/* Taken away before or while it is computed, and a pool that ends meanwhile. */
static void a_lease_that_is_taken_away_ends(void **state)
{
    (void)state;
    start(1);
    struct pool_grant g = grant(5, SLOW, "");
    pool_assign(pool, 0, &g);
    assert_int_equal(next_done()->hits, 0); /* the child is there */
    g.seed = 7;
    pool_assign(pool, 0, &g);
    pool_unassign(pool, 0, 5, 1);
    struct pool_grant after = grant(6, SLOW, "");
    pool_assign(pool, 0, &after);
    const struct pool_done *done = next_done();
    if (done->grant == 5) { /* else it had not begun */
        assert_true(done->cancelled);
        done = next_done();
    }
    assert_int_equal(done->grant, 6);
    assert_false(done->cancelled);
    pool_assign(pool, 0, &g);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_counted_in_trials),
        cmocka_unit_test(a_text_goes_along),
        cmocka_unit_test(a_failure_comes_with_its_lease),
        cmocka_unit_test(a_lease_that_is_taken_away_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
