// SPDX-License-Identifier: MIT
/*
 * Queries outside of steps: they change nothing, and show only what is durable of a
 * ledger.
 */
#include "tests/lib/coord_fleet.h"

/* The answer to the last question: its first piece, and how many there were. */
struct answer {
    struct arena memory;
    struct msg_reply first;
    size_t pieces;
    bool told;
};

static void take(void *ctx, const struct msg_reply *r)
{
    struct answer *a = ctx;
    if (a->pieces++ == 0)
        a->first = *r;
    assert_int_equal(r->id, 5);
}

static const struct msg_reply *query(struct rig *r, struct answer *a,
                                     enum request_verb verb, uint64_t job)
{
    struct msg m = rig_request(verb, job);
    m.request.submit.name = "";
    arena_reset(&a->memory);
    a->pieces = 0;
    a->told = coord_query(r->coord, r->now_ms, &m.request, &a->memory, take, a);
    assert_int_equal(a->told, a->pieces > 0);
    return &a->first;
}

static uint64_t sum(const uint64_t *column, size_t n)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += column[i];
    return all;
}

/* What a ledger shows is what the rows on the disk add up to. */
static void expect_ledger_of_disk(struct rig *r, struct answer *a, uint64_t job)
{
    uint64_t done = 0, hits = 0, shared = 0;
    for (size_t i = 0; i < r->disk.n; i++)
        if (r->disk.at[i].type == RECORD_ROW && r->disk.at[i].job == job) {
            done += r->disk.at[i].row.count;
            hits += r->disk.at[i].row.hits;
        }
    const struct ledger_view *v = &query(r, a, REQUEST_LEDGER, job)->ledger;
    assert_true(a->told);
    assert_int_equal(a->first.body, REPLY_LEDGER);
    assert_int_equal(sum(v->done, v->n_cells), done);
    assert_int_equal(sum(v->hits, v->n_cells), hits);
    assert_int_equal(v->job->done, done);
    for (size_t i = 0; i < v->n_cells; i++)
        assert_in_range(v->done[i], 1, v->count[i]);
    for (size_t i = 0; i < v->n_shares; i++)
        shared += v->shares[i].trials;
    assert_int_equal(shared, done);
}

static void the_ledger_is_what_is_on_the_disk(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 40 * UNIT);
    conn_id one = rig_join(r, 1), two = rig_join(r, 2);
    rig_settle(r);
    for (int i = 0; i < 10; i++) {
        rig_report(r, rig_held(r, i % 3 ? one : two), 1);
        assert_true(r->storing);
        expect_ledger_of_disk(r, &a, job);
        rig_durable(r);
        expect_ledger_of_disk(r, &a, job);
        rig_settle(r);
    }
    /* On a disk that is full it stays so. */
    rig_report(r, rig_held(r, one), 1);
    rig_full(r);
    expect_ledger_of_disk(r, &a, job);
    arena_release(&a.memory);
    rig_free(r);
}

static void a_ledger_under_revision_is_told_later(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 3 * UNIT);
    conn_id liar = rig_join(r, 1), other = rig_join(r, 2);
    rig_join(r, 3); /* keeps what it has */
    rig_settle(r);
    rig_report(r, rig_held(r, other), 1);
    rig_settle(r);
    rig_wait(r, 300);
    struct agent_grant *same = rig_held(r, other);
    assert_int_equal(same->first, 0); /* the liar's lease, too */
    rig_report_as(r, rig_held(r, liar), 1, 7, 0);
    rig_settle(r);
    rig_report(r, same, 1);
    rig_recomputed(r); /* its rows are revoked */
    assert_true(r->storing);
    query(r, &a, REQUEST_LEDGER, job);
    assert_false(a.told);
    query(r, &a, REQUEST_STATUS, job);
    assert_true(a.told);
    rig_durable(r);
    rig_settle(r);
    query(r, &a, REQUEST_LEDGER, job);
    assert_true(a.told);
    arena_release(&a.memory);
    rig_free(r);
}

static void the_end_of_a_job_is_not_told_before_it_is_durable(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, one), 1);
    assert_int_equal(query(r, &a, REQUEST_STATUS, 0)->status.job->state, JOB_RUNNING);
    assert_int_equal(query(r, &a, REQUEST_HISTORY, 0)->history.n, 0);
    rig_durable(r);
    assert_int_equal(query(r, &a, REQUEST_STATUS, 0)->status.job->state, JOB_DONE);
    assert_int_equal(query(r, &a, REQUEST_HISTORY, 0)->history.n, 1);
    expect_ledger_of_disk(r, &a, job);
    arena_release(&a.memory);
    rig_free(r);
}

static void an_error_goes_to_who_has_asked(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    struct update before = r->did;
    const struct msg_reply *e = query(r, &a, REQUEST_LEDGER, 0);
    assert_int_equal(e->body, REPLY_ERROR);
    assert_int_equal(e->error.code, ERROR_NO_SUCH_JOB);
    assert_string_equal(e->error.message, "there is no job");
    assert_true(e->last);
    e = query(r, &a, REQUEST_STATUS, 7);
    assert_string_equal(e->error.message, "there is no job j-7");
    assert_memory_equal(&r->did, &before, sizeof(before));
    arena_release(&a.memory);
    rig_free(r);
}

/* One life of a coordinator; what it showed at the end. */
static double life(unsigned questions)
{
    static const enum request_verb verbs[] = {
        REQUEST_STATUS, REQUEST_JOBS, REQUEST_WORKERS, REQUEST_HISTORY, REQUEST_LEDGER};
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    rig_job(r, 9 * UNIT);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 8; i++) {
        for (unsigned q = 0; q < questions; q++)
            query(r, &a, verbs[q % ARRAY_SIZE(verbs)], 1);
        rig_wait(r, 300);
        rig_report(r, rig_held(r, one), 1);
        rig_settle(r);
    }
    double rate = query(r, &a, REQUEST_STATUS, 0)->status.job->rate;
    arena_release(&a.memory);
    rig_free(r);
    return rate;
}

static void who_looks_changes_nothing(void **state)
{
    (void)state;
    assert_true(life(0) > 1);
    assert_true(life(0) == life(50));
}

/* What comes after an hour of nothing is not spread over that hour. */
static void a_rate_begins_with_the_work(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    rig_job(r, 9 * UNIT);
    rig_wait(r, 3600000);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 2; i++) {
        rig_wait(r, 500);
        rig_report(r, rig_held(r, one), 1);
        rig_settle(r);
    }
    double rate = query(r, &a, REQUEST_STATUS, 0)->status.job->rate;
    assert_true(rate > UNIT / 2 && rate < 4 * UNIT); /* two units in this second */
    rig_lost(r, one);
    const struct status_view *s = &query(r, &a, REQUEST_STATUS, 0)->status;
    assert_true(s->rate <= 0 && s->job->rate <= 0); /* of nobody */
    arena_release(&a.memory);
    rig_free(r);
}

static void time_goes_on_between_steps(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    rig_job(r, 9 * UNIT);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 2; i++) {
        rig_wait(r, 500);
        rig_report(r, rig_held(r, one), 1);
        rig_settle(r);
    }
    const struct status_view *s = &query(r, &a, REQUEST_STATUS, 0)->status;
    int64_t uptime_ms = s->uptime_ms;
    double rate = s->rate;
    r->now_ms += 900;
    s = &query(r, &a, REQUEST_STATUS, 0)->status;
    assert_int_equal(s->uptime_ms, uptime_ms + 900);
    assert_true(s->rate < rate && s->rate > rate / 2);
    /* The process stood still: nobody has been silent. */
    r->now_ms += 60000;
    assert_int_equal(query(r, &a, REQUEST_WORKERS, 0)->workers.workers[0].state,
                     WORKER_BUSY);
    arena_release(&a.memory);
    rig_free(r);
}

/* It fades where nothing comes, though its worker is here, and soon is nothing. */
static void a_rate_ends_with_the_work(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    rig_job(r, 9 * UNIT);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 4; i++) {
        rig_wait(r, 500);
        rig_report(r, rig_held(r, one), 1);
        rig_settle(r);
    }
    double before = query(r, &a, REQUEST_STATUS, 0)->status.rate;
    for (int s = 0; s < 14; s++) {
        rig_wait(r, 1000);
        double now = query(r, &a, REQUEST_STATUS, 0)->status.rate;
        assert_true(now > 0 && now < before);
        before = now;
    }
    rig_wait(r, 2000);
    assert_true(query(r, &a, REQUEST_STATUS, 0)->status.rate <= 0);
    arena_release(&a.memory);
    rig_free(r);
}

static void long_lists_come_in_pieces(void **state)
{
    (void)state;
    struct answer a = {0};
    struct rig *r = rig_new(rig_config());
    query(r, &a, REQUEST_JOBS, 0);
    assert_int_equal(a.pieces, 1);
    assert_true(a.first.last);
    for (int i = 0; i < LIST_MAX + 1; i++)
        rig_job(r, 1);
    query(r, &a, REQUEST_JOBS, 0);
    assert_int_equal(a.pieces, 2);
    assert_int_equal(a.first.jobs.n, LIST_JOBS);
    assert_false(a.first.last);
    arena_release(&a.memory);
    rig_free(r);
}

/* So many; a program that has failed takes the room of two. */
static void workers_come_in_pieces(void **state)
{
    (void)state;
    static const char *const name[] = {"walk"}, *const text[] = {"it failed"};
    for (uint64_t failed = 0; failed <= 1; failed++) {
        struct msg m = {.type = MSG_RESUME,
                        .resume = {.n_failed = failed,
                                   .failed = name,
                                   .failed_why = text,
                                   .failed_stderr = text}};
        struct answer a = {0};
        struct rig *r = rig_new(rig_config());
        uint64_t most = LIST_WORKERS - 2 * failed;
        rig_message(r, rig_welcomed(r, 1, 1), m);
        for (uint64_t id = 2; id <= most; id++)
            rig_join(r, id);
        query(r, &a, REQUEST_WORKERS, 0);
        assert_int_equal(a.pieces, 1);
        assert_int_equal(a.first.workers.n, most);
        rig_join(r, most + 1);
        query(r, &a, REQUEST_WORKERS, 0);
        assert_int_equal(a.pieces, 2);
        assert_int_equal(a.first.workers.n, most);
        assert_false(a.first.last);
        arena_release(&a.memory);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_is_what_is_on_the_disk),
        cmocka_unit_test(a_ledger_under_revision_is_told_later),
        cmocka_unit_test(the_end_of_a_job_is_not_told_before_it_is_durable),
        cmocka_unit_test(an_error_goes_to_who_has_asked),
        cmocka_unit_test(who_looks_changes_nothing),
        cmocka_unit_test(a_rate_begins_with_the_work),
        cmocka_unit_test(time_goes_on_between_steps),
        cmocka_unit_test(a_rate_ends_with_the_work),
        cmocka_unit_test(long_lists_come_in_pieces),
        cmocka_unit_test(workers_come_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
