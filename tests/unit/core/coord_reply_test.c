// SPDX-License-Identifier: MIT
/*
 * Replies to operators: numbers of one durable state, lists split into replies that end
 * with `last`, watchers, reasons.
 */
#include <math.h>

#include "tests/lib/coord_fleet.h"

/* The replies to CONN_LOCAL in the last step; all but the last one say that more comes.
 */
static size_t pieces(const struct rig *r, enum reply_body body)
{
    size_t n = 0;
    bool last = false;
    for (size_t i = 0; i < r->did.n; i++) {
        const struct effect *e = &r->did.effects[i];
        if (e->type != EFFECT_SEND || e->send.message.type != MSG_REPLY)
            continue;
        assert_false(last);
        assert_int_equal(e->send.message.reply.body, body);
        assert_int_equal(e->send.message.reply.id, 5);
        last = e->send.message.reply.last;
        n++;
    }
    assert_true(last);
    return n;
}

static const struct msg_reply *piece(const struct rig *r, size_t number)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == EFFECT_SEND &&
            r->did.effects[i].send.message.type == MSG_REPLY && number-- == 0)
            return &r->did.effects[i].send.message.reply;
    return NULL;
}

static void ask(struct rig *r, enum request_verb verb, uint64_t job)
{
    rig_message(r, CONN_LOCAL, rig_request(verb, job));
}

/* ---- lists ---- */

static void an_empty_list_is_one_last_reply(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    ask(r, REQUEST_JOBS, 0);
    assert_int_equal(pieces(r, REPLY_JOBS), 1);
    assert_int_equal(piece(r, 0)->jobs.n, 0);
    ask(r, REQUEST_WORKERS, 0);
    assert_int_equal(pieces(r, REPLY_WORKERS), 1);
    assert_int_equal(piece(r, 0)->workers.n, 0);
    ask(r, REQUEST_HISTORY, 0);
    assert_int_equal(pieces(r, REPLY_HISTORY), 1);
    assert_int_equal(piece(r, 0)->history.n, 0);
    rig_free(r);
}

static void long_lists_come_in_pieces_that_end_in_last(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    for (int i = 0; i < 2 * LIST_MAX; i++)
        rig_job(r, 1);
    for (uint64_t id = 1; id <= LIST_MAX + 1; id++)
        rig_join(r, id);
    rig_settle(r);
    rig_work(r);
    ask(r, REQUEST_JOBS, 0);
    assert_int_equal(pieces(r, REPLY_JOBS), 4);
    assert_int_equal(piece(r, 1)->jobs.n, LIST_JOBS);
    assert_int_equal(piece(r, 1)->jobs.jobs[LIST_JOBS - 1].number, 2 * LIST_JOBS);
    assert_int_equal(piece(r, 3)->jobs.n, 2 * LIST_MAX - 3 * LIST_JOBS);
    ask(r, REQUEST_WORKERS, 0);
    assert_int_equal(pieces(r, REPLY_WORKERS), 3);
    assert_int_equal(piece(r, 0)->workers.n, LIST_WORKERS);
    assert_int_equal(piece(r, 2)->workers.n, LIST_MAX + 1 - 2 * LIST_WORKERS);
    ask(r, REQUEST_HISTORY, 0);
    assert_int_equal(pieces(r, REPLY_HISTORY), 2);
    assert_int_equal(piece(r, 0)->history.answers[0].trials, 1);
    rig_free(r);
}

static void events_are_asked_of_the_caller_and_by_operators_only(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_request(REQUEST_EVENTS, 0);
    m.request.id = 78;
    m.request.follow = true;
    rig_message(r, CONN_LOCAL, m);
    assert_int_equal(rig_effect(r, EFFECT_EVENTS)->events.request, 78);
    assert_true(rig_effect(r, EFFECT_EVENTS)->events.follow);
    assert_int_equal(rig_effect(r, EFFECT_EVENTS)->conn, CONN_LOCAL);
    conn_id a = rig_join(r, 1);
    rig_message(r, a, m);
    assert_null(rig_effect(r, EFFECT_EVENTS));
    rig_free(r);
}

static void a_backup_is_asked_of_the_caller_and_by_operators_only(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_request(REQUEST_BACKUP, 0);
    m.request.id = 77;
    rig_message(r, CONN_LOCAL, m);
    assert_int_equal(rig_effect(r, EFFECT_BACKUP)->request, 77);
    assert_int_equal(rig_effect(r, EFFECT_BACKUP)->conn, CONN_LOCAL);
    conn_id a = rig_join(r, 1);
    rig_message(r, a, m);
    assert_null(rig_effect(r, EFFECT_BACKUP));
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_ROLE);
    rig_free(r);
}

static void history_holds_an_answer_only_when_it_is_durable(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    ask(r, REQUEST_HISTORY, 0);
    assert_int_equal(piece(r, 0)->history.n, 0);
    rig_durable(r);
    ask(r, REQUEST_HISTORY, 0);
    assert_int_equal(piece(r, 0)->history.n, 1);
    const struct answer_view *v = &piece(r, 0)->history.answers[0];
    assert_int_equal(v->job, job);
    assert_int_equal(v->trials, UNIT);
    assert_int_equal(v->hits, truth(0, UNIT));
    assert_true(v->any_low < v->ci_low && v->ci_high < v->any_high);
    rig_restart(r);
    ask(r, REQUEST_HISTORY, 0);
    assert_int_equal(piece(r, 0)->history.n, 1);
    rig_free(r);
}

/* ---- the ledger ---- */

static void the_ledger_shows_cells_and_shares_that_add_up(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t trials = 40 * UNIT + 99, job = rig_job(r, trials);
    rig_join(r, 1);
    rig_join(r, 2);
    rig_settle(r);
    rig_work(r);
    ask(r, REQUEST_LEDGER, job);
    assert_int_equal(pieces(r, REPLY_LEDGER), 1);
    const struct ledger_view *v = &piece(r, 0)->ledger;
    assert_int_equal(v->job->number, job);
    assert_int_equal(v->n_cells, 10); /* [0, 32), eight of one unit, and the rest */
    uint64_t from = 0, hits = 0, by_share = 0;
    for (size_t i = 0; i < v->n_cells; i++) {
        assert_int_equal(v->first[i], from);
        assert_int_equal(v->done[i], v->count[i]);
        assert_int_equal(v->hits[i], truth(v->first[i], v->count[i]));
        from += v->count[i];
        hits += v->hits[i];
    }
    assert_int_equal(from, trials);
    assert_int_equal(hits, truth(0, trials));
    assert_int_equal(v->n_shares, 2);
    for (size_t i = 0; i < v->n_shares; i++)
        by_share += v->shares[i].hits;
    assert_int_equal(by_share, hits);
    rig_free(r);
}

static void many_shares_come_in_pieces(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 150 * UNIT);
    for (uint64_t id = 1; id <= 150; id++)
        rig_join(r, id);
    rig_settle(r);
    rig_work(r);
    ask(r, REQUEST_LEDGER, job);
    assert_int_equal(pieces(r, REPLY_LEDGER), 2);
    assert_non_null(piece(r, 0)->ledger.job);
    assert_null(piece(r, 1)->ledger.job);
    assert_int_equal(piece(r, 0)->ledger.n_shares, LIST_MAX);
    assert_int_equal(piece(r, 1)->ledger.n_shares, 50);
    rig_free(r);
}

static void a_question_about_rows_waits_for_the_transaction(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 2 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    ask(r, REQUEST_LEDGER, job);
    assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
    rig_durable(r);
    assert_int_equal(rig_reply(r)->ledger.job->done, UNIT);
    assert_int_equal(rig_reply(r)->ledger.done[0], UNIT);
    rig_free(r);
}

/* ---- one job ---- */

static void an_estimate_is_of_what_is_durable(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct job_view v = rig_view(r, job);
    assert_true(isnan(v.pi) && isnan(v.stderr_) && isnan(v.ci_low) && isnan(v.ci_high));
    rig_report(r, rig_held(r, a), 1);
    assert_true(isnan(rig_view(r, job).pi));
    rig_durable(r);
    v = rig_view(r, job);
    assert_true(v.pi == 4.0 * (double)truth(0, UNIT) / (double)UNIT);
    assert_true(v.ci_low < v.pi && v.pi < v.ci_high && v.stderr_ > 0);
    assert_int_equal(v.verified_done, UNIT);
    rig_free(r);
}

static void every_state_in_which_nothing_moves_has_a_reason(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    ask(r, REQUEST_STATUS, 0);
    assert_null(rig_reply(r)->status.job);
    assert_string_equal(rig_reply(r)->status.reason, "no workers attached");
    conn_id a = rig_join(r, 1);
    ask(r, REQUEST_STATUS, 0);
    assert_string_equal(rig_reply(r)->status.reason, "no job to work on");
    assert_int_equal(rig_reply(r)->status.workers, 1);
    assert_int_equal(rig_reply(r)->status.threads, 1);
    uint64_t job = rig_job(r, 3 * UNIT);
    rig_settle(r);
    assert_string_equal(rig_view(r, job).reason, "");
    struct msg drain = rig_request(REQUEST_DRAIN, 0);
    drain.request.all = true;
    rig_message(r, CONN_LOCAL, drain);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_string_equal(rig_view(r, job).reason, "all workers are leaving");
    rig_restart(r);
    rig_lost(r, rig_join(r, 1));
    rig_stop(r, false);
    assert_string_equal(rig_view(r, job).reason, "the coordinator is stopping");
    assert_int_equal(rig_reply(r)->status.state, COORD_DRAINING);
    rig_free(r);
}

static void work_for_a_second(struct rig *r, conn_id worker)
{
    for (int i = 0; i < 2; i++) {
        rig_wait(r, 500);
        rig_report(r, rig_held(r, worker), 1);
        rig_settle(r);
    }
}

static void a_rate_falls_when_nothing_comes_any_more(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    work_for_a_second(r, a);
    assert_true(rig_view(r, job).rate > 1);
    rig_lost(r, a);
    rig_wait(r, 60000);
    ask(r, REQUEST_JOBS, 0);
    assert_true(piece(r, 0)->jobs.jobs[0].rate < 1);
    assert_true(piece(r, 0)->jobs.jobs[0].rate >= 0);
    rig_free(r);
}

static void the_sum_of_rates_falls_with_them(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    work_for_a_second(r, a);
    ask(r, REQUEST_STATUS, 0);
    double before = rig_reply(r)->status.rate;
    assert_true(before > 1 && rig_reply(r)->status.job->rate >= before);
    rig_lost(r, a);
    rig_wait(r, 6000); /* twice the time in which it falls to 1/e */
    ask(r, REQUEST_STATUS, 0);
    assert_true(rig_reply(r)->status.rate < before / 5);
    rig_wait(r, 60000);
    ask(r, REQUEST_STATUS, 0);
    assert_true(rig_reply(r)->status.rate < 1);
    assert_true(rig_reply(r)->status.job->rate < 1);
    rig_free(r);
}

/* ---- watchers ---- */

static struct msg watch(uint64_t job)
{
    struct msg m = rig_request(REQUEST_WATCH, job);
    m.request.interval_ms = 250;
    return m;
}

static void a_watcher_hears_at_intervals_and_when_the_job_ends(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_message(r, CONN_LOCAL, watch(job));
    assert_false(rig_reply(r)->last);
    assert_true(rig_effect(r, EFFECT_SEND)->send.droppable);
    int64_t start_ms = r->now_ms;
    size_t heard = 0;
    while (r->did.deadline_ms <= start_ms + 1000) {
        rig_tick(r, r->did.deadline_ms);
        heard += rig_sent(r, CONN_LOCAL, MSG_REPLY) != NULL;
    }
    assert_int_equal(heard, 4);
    rig_report(r, rig_held(r, a), 1);
    assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
    rig_durable(r);
    assert_true(rig_reply(r)->last);
    assert_int_equal(rig_reply(r)->job.state, JOB_DONE);
    assert_int_equal(rig_reply(r)->job.done, UNIT);
    rig_beat(r, a);
    start_ms = r->now_ms;
    while (r->did.deadline_ms <= start_ms + 1000) {
        rig_tick(r, r->did.deadline_ms);
        assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
    }
    rig_message(r, CONN_LOCAL, watch(job)); /* it has ended */
    assert_true(rig_reply(r)->last);
    rig_free(r);
}

static conn_id operator_join(struct rig *r)
{
    conn_id conn = rig_connect(r);
    rig_message(r, conn, rig_hello(ROLE_OPERATOR, "", 0, 0));
    return conn;
}

static void a_watcher_that_is_gone_is_forgotten(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    conn_id o = operator_join(r);
    rig_message(r, o, watch(job));
    assert_non_null(rig_sent(r, o, MSG_REPLY));
    rig_lost(r, o);
    for (int i = 0; i < 5; i++) {
        rig_tick(r, r->now_ms + 250);
        assert_null(rig_sent(r, o, MSG_REPLY));
    }
    rig_free(r);
}

static void a_connection_may_watch_only_so_many(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    for (int i = 0; i < 16; i++) {
        rig_message(r, CONN_LOCAL, watch(job));
        assert_int_equal(rig_reply(r)->body, REPLY_JOB);
    }
    rig_expect_error(r, watch(job), ERROR_NOT_POSSIBLE);
    conn_id o = operator_join(r);
    rig_message(r, o, watch(job));
    assert_int_equal(rig_sent(r, o, MSG_REPLY)->reply.body, REPLY_JOB);
    rig_free(r);
}

static void an_operator_that_is_gone_gets_no_reply(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id o = operator_join(r);
    rig_message(r, o, rig_submission(3, STOP_TRIALS, UNIT));
    rig_lost(r, o);
    rig_settle(r);
    assert_null(rig_sent(r, o, MSG_REPLY));
    ask(r, REQUEST_JOBS, 0); /* the job is there all the same */
    assert_int_equal(piece(r, 0)->jobs.n, 1);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_is_one_last_reply),
        cmocka_unit_test(long_lists_come_in_pieces_that_end_in_last),
        cmocka_unit_test(events_are_asked_of_the_caller_and_by_operators_only),
        cmocka_unit_test(a_backup_is_asked_of_the_caller_and_by_operators_only),
        cmocka_unit_test(history_holds_an_answer_only_when_it_is_durable),
        cmocka_unit_test(the_ledger_shows_cells_and_shares_that_add_up),
        cmocka_unit_test(many_shares_come_in_pieces),
        cmocka_unit_test(a_question_about_rows_waits_for_the_transaction),
        cmocka_unit_test(an_estimate_is_of_what_is_durable),
        cmocka_unit_test(every_state_in_which_nothing_moves_has_a_reason),
        cmocka_unit_test(a_rate_falls_when_nothing_comes_any_more),
        cmocka_unit_test(the_sum_of_rates_falls_with_them),
        cmocka_unit_test(a_watcher_hears_at_intervals_and_when_the_job_ends),
        cmocka_unit_test(a_watcher_that_is_gone_is_forgotten),
        cmocka_unit_test(a_connection_may_watch_only_so_many),
        cmocka_unit_test(an_operator_that_is_gone_gets_no_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
