// SPDX-License-Identifier: MIT
/*
 * Jobs of programs beside those of pi: who gets what, whose self-test counts, what is
 * audited by whom, and what happens to who was wrong, or to a program that does not
 * always count the same.
 */
#include <stdio.h>
#include <string.h>

#include "tests/lib/audit_rig.h"

enum { TEST = 7, OTHER = 8 };

static const struct coord_program own_x[] = {{"x", TEST, 1000}};

static struct rig *programs_rig(const struct coord_program *own, size_t n)
{
    struct coord_config config = rig_config();
    config.bare = false;
    config.audit_percent = 100;
    config.programs = own;
    config.n_programs = n;
    return rig_new(config);
}

/* A worker of one thread that offers one program. */
static conn_id join_with(struct rig *r, uint64_t id, const char *name, uint64_t test,
                         double rate)
{
    char called[NAME_BYTES];
    snprintf(called, sizeof(called), "w%u", (unsigned)id);
    conn_id conn = rig_connect(r);
    struct msg m = rig_hello(ROLE_WORKER, called, id, 1);
    m.hello.n_offers = 1;
    m.hello.offer = &name;
    m.hello.offer_test = &test;
    m.hello.offer_rate = &rate;
    rig_message(r, conn, m);
    assert_non_null(rig_sent(r, conn, MSG_WELCOME));
    r->beats[conn] = true;
    rig_resume(r, conn, NULL, 0);
    return conn;
}

/* Scores, so that the made-up hits of the rig will do. */
static struct msg submission(struct rig *r, const char *program, uint64_t trials,
                             enum audit_policy audit)
{
    struct msg m = rig_submission(++r->requests, STOP_TRIALS, trials);
    m.request.submit.program = program;
    m.request.submit.arg = "p=1";
    m.request.submit.score = true;
    m.request.submit.scale = 2;
    m.request.submit.audit = audit;
    return m;
}

static uint64_t program_job(struct rig *r, const char *program, uint64_t trials,
                            enum audit_policy audit)
{
    return rig_ask(r, submission(r, program, trials, audit)).number;
}

static void expect_refused(struct rig *r, struct msg m, const char *message,
                           const char *hint)
{
    rig_message(r, CONN_LOCAL, m);
    const struct msg_reply *reply = rig_reply(r);
    assert_int_equal(reply->body, REPLY_ERROR);
    assert_string_equal(reply->error.message, message);
    assert_string_equal(reply->error.hint, hint);
}

static void expect_reason(struct rig *r, uint64_t job, const char *reason)
{
    assert_string_equal(rig_view(r, job).reason, reason);
}

/* The number of grants of a connection that are of that job. */
static size_t granted(struct rig *r, conn_id conn, uint64_t job)
{
    uint8_t uid[UID_BYTES];
    size_t n = 0;
    memcpy(uid, rig_view(r, job).uid, UID_BYTES);
    for (size_t i = 0; i < r->n_held; i++)
        n += r->held[i].conn == conn && !memcmp(r->held[i].job, uid, UID_BYTES);
    return n;
}

/* Its oldest grant that is open, of one lease, with so many hits too many. */
static void say(struct rig *r, conn_id conn, uint64_t lie)
{
    struct agent_grant *h = rig_oldest(r, conn);
    assert_non_null(h);
    uint64_t hits = truth(h->first, h->count) + lie;
    rig_report_pieces(r, h, &hits, 1);
    rig_settle(r);
}

/* All slices that are asked for are counted, with so many hits too many. */
static void recount(struct rig *r, uint64_t lie)
{
    while (r->n_slices > 0) {
        struct rig_slice s = r->slices[0];
        memmove(r->slices, r->slices + 1, --r->n_slices * sizeof(s));
        struct input in = {.type = INPUT_RECOMPUTED};
        in.recompute.id = s.id;
        in.recompute.hits = truth(s.first, s.count) + lie;
        in.recompute.micros = 1000;
        rig_step(r, in);
        rig_settle(r);
    }
}

/* ---- who gets what ---- */

static void only_who_has_the_program_gets_it(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id has = join_with(r, 1, "x", TEST, 1000), lacks = rig_join(r, 2);
    conn_id other = join_with(r, 3, "x", OTHER, 1000);
    uint64_t x = program_job(r, "x", 50, AUDIT_ADAPTIVE), pi = rig_job(r, 20 * UNIT);
    for (int i = 0; i < 4; i++)
        rig_tick(r, r->now_ms + 10);
    assert_true(granted(r, has, x) + granted(r, has, pi) > 0);
    assert_int_equal(granted(r, lacks, x), 0);
    assert_int_equal(granted(r, other, x), 0);
    assert_true(granted(r, lacks, pi) > 0 && granted(r, other, pi) > 0);
    rig_free(r);
}

static void a_grant_names_the_program_and_has_whole_trials(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    rig_message(r, CONN_LOCAL, submission(r, "x", 3, AUDIT_ADAPTIVE));
    while (r->storing && !rig_sent(r, conn, MSG_GRANTS))
        rig_durable(r);
    const struct msg *m = rig_sent(r, conn, MSG_GRANTS);
    assert_non_null(m);
    assert_string_equal(m->grants.program, "x");
    assert_string_equal(m->grants.arg, "p=1");
    assert_true(m->grants.score);
    assert_int_equal(m->grants.first[0] % UNIT + m->grants.count[0] % UNIT, 0);
    rig_free(r);
}

/* The job is of 3 trials to its operator, and of 3 * 65,536 to its ledger. */
static void operators_see_trials(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    uint64_t job = program_job(r, "x", 3, AUDIT_ADAPTIVE);
    for (int i = 0; i < 3; i++) {
        say(r, conn, 0);
        recount(r, 0);
    }
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.state, JOB_DONE);
    assert_int_equal(v.trials, 3);
    assert_int_equal(v.done, 3);
    assert_int_equal(v.verified_done, 3);
    assert_int_equal(v.hits, truth(0, 3 * UNIT));
    assert_true(v.pi > 2 * (double)v.hits / (3.0 * UNIT) - 1e-12 &&
                v.pi < 2 * (double)v.hits / (3.0 * UNIT) + 1e-12);
    assert_string_equal(v.program, "x");
    assert_string_equal(v.arg, "p=1");
    assert_true(v.score && v.test_known && v.test == TEST && v.scale == 2);
    struct msg m = rig_request(REQUEST_EXTEND, job);
    m.request.trials = PROGRAM_TRIALS_MAX + 1;
    rig_expect_error(r, m, ERROR_BAD_REQUEST);
    m.request.trials = 5;
    assert_int_equal(rig_ask(r, m).trials, 5);
    rig_free(r);
}

/* What nobody has seen of it, its self-test says. */
static void a_slow_program_begins_with_one_trial(void **state)
{
    (void)state;
    struct coord_config config = rig_config_usual();
    config.programs = own_x;
    config.n_programs = 1;
    struct rig *r = rig_new(config);
    conn_id slow = join_with(r, 1, "x", TEST, 0.1);
    conn_id fast = join_with(r, 2, "x", TEST, 1e6);
    program_job(r, "x", 100000, AUDIT_NONE);
    assert_int_equal(r->held[0].conn, slow);
    assert_int_equal(r->held[0].count, UNIT);
    assert_int_equal(rig_held(r, fast)->count, 16 * UNIT);
    /* ten trials of ten seconds each and a minute, not ten seconds of grace */
    for (int i = 0; i < 150; i++)
        rig_wait(r, 1000);
    assert_null(rig_note(r, EVENT_LEASE_EXPIRED));
    assert_true(r->held[0].computing);
    rig_free(r);
}

/* Its rate at the program is a millionth of that at pi. */
/* Who cannot be through in time, ten seconds late included, does not begin: its hole
 * would keep from the answer what others have counted behind it. */
static void no_trial_begins_that_comes_too_late(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 0.04);
    struct msg m = submission(r, "x", 0, AUDIT_NONE);
    m.request.submit.rule = STOP_TIME;
    m.request.submit.for_ms = 30000;
    uint64_t x = rig_ask(r, m).number;
    rig_wait(r, 25000);
    say(r, conn, 0);
    assert_null(rig_oldest(r, conn));
    rig_wait(r, 6000);
    rig_settle(r);
    assert_int_equal(rig_view(r, x).state, JOB_DONE);
    assert_int_equal(rig_view(r, x).done, 1);
    rig_free(r);
}

static void a_slow_program_spoils_no_rate_of_pi(void **state)
{
    (void)state;
    struct coord_config config = rig_config_usual();
    config.programs = own_x;
    config.n_programs = 1;
    struct rig *r = rig_new(config);
    conn_id conn = join_with(r, 1, "x", TEST, 1);
    uint64_t pi = rig_job(r, UINT64_C(1) << 40);
    for (int i = 0; i < 20; i++)
        rig_works(r, conn, 100000000, 100000000);
    uint64_t before = rig_held(r, conn)->count;
    rig_ask(r, rig_request(REQUEST_PAUSE, pi));
    uint64_t x = program_job(r, "x", 1000, AUDIT_NONE);
    for (int i = 0; i < 2; i++) /* what it holds of pi yet */
        rig_works(r, conn, 100000000, 100000000);
    for (int i = 0; i < 6; i++)
        rig_works(r, conn, UNIT, UNIT);
    assert_true(granted(r, conn, x) > 2);
    assert_int_equal(rig_held(r, conn)->count, UNIT);
    size_t of_pi = granted(r, conn, pi);
    rig_ask(r, rig_request(REQUEST_PAUSE, x));
    rig_ask(r, rig_request(REQUEST_RESUME, pi));
    rig_works(r, conn, UNIT, UNIT); /* what it holds of x yet */
    assert_true(granted(r, conn, pi) > of_pi);
    assert_true(rig_held(r, conn)->count >= before / 2);
    rig_free(r);
}

/* ---- whose self-test counts ---- */

static void what_cannot_be_checked_is_refused(void **state)
{
    (void)state;
    struct rig *r = programs_rig(NULL, 0);
    expect_refused(r, submission(r, "x", 5, AUDIT_ADAPTIVE),
                   "picoord has no program 'x', so nothing could be checked",
                   "start picoord with --offer x=COMMAND, or submit with --audit none");
    uint64_t job = program_job(r, "x", 5, AUDIT_NONE);
    expect_reason(r, job, "no workers attached");
    rig_join(r, 2);
    expect_reason(r, job, "no worker has the program 'x'");
    conn_id conn = join_with(r, 1, "x", OTHER, 1000); /* the first to come decides */
    assert_true(granted(r, conn, job) > 0);
    rig_settle(r);
    assert_true(rig_view(r, job).test_known && rig_view(r, job).test == OTHER);
    rig_restart(r);
    assert_true(rig_view(r, job).test_known && rig_view(r, job).test == OTHER);
    assert_string_equal(rig_view(r, job).program, "x");
    rig_free(r);
}

static void workers_that_disagree_are_named(void **state)
{
    (void)state;
    struct rig *r = programs_rig(NULL, 0);
    join_with(r, 1, "x", TEST, 1000);
    join_with(r, 2, "x", OTHER, 1000);
    expect_refused(r, submission(r, "x", 5, AUDIT_NONE),
                   "workers disagree on 'x': test 0000000000000007 (w1), "
                   "0000000000000008 (w2)",
                   "--expect 0000000000000007");
    struct msg m = submission(r, "x", 5, AUDIT_NONE);
    m.request.submit.test_given = true;
    m.request.submit.test = 9;
    uint64_t job = rig_ask(r, m).number;
    expect_reason(r, job,
                  "1 workers have another 'x' (test 0000000000000007, the job has "
                  "0000000000000009): w1");
    rig_free(r);
}

static void a_program_that_has_failed_says_why(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    uint64_t job = program_job(r, "x", 5, AUDIT_ADAPTIVE);
    conn_id conn = rig_welcomed(r, 1, 1);
    const char *name = "x", *why = "exited with 1", *said = "Traceback\n";
    struct msg m = {.type = MSG_RESUME};
    m.resume = (struct msg_resume){
        .n_failed = 1, .failed = &name, .failed_why = &why, .failed_stderr = &said};
    rig_message(r, conn, m);
    rig_resume(r, conn, NULL, 0);
    expect_reason(r, job, "'x' failed on lab: exited with 1");
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_WORKERS, 0));
    const struct worker_view *w = &rig_reply(r)->workers.workers[0];
    assert_int_equal(w->n_programs, 1);
    assert_int_equal(w->programs[0].state, PROGRAM_FAILED);
    assert_string_equal(w->programs[0].reason, why);
    assert_string_equal(w->programs[0].stderr_, said);
    rig_free(r);
}

/* ---- audits ---- */

static void who_was_wrong_in_a_program_goes_on_with_others(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    uint64_t x = program_job(r, "x", 50, AUDIT_ADAPTIVE);
    say(r, conn, 1);
    const struct rig_slice first = r->slices[0];
    rig_slice_counted(r, 1000); /* it differs: so it is counted once more, anew */
    const struct effect *e = rig_effect(r, EFFECT_RECOMPUTE);
    assert_non_null(e);
    assert_true(e->recompute.fresh && e->recompute.first == first.first);
    assert_string_equal(e->recompute.program, "x");
    assert_string_equal(e->recompute.arg, "p=1");
    assert_null(rig_note(r, EVENT_WORKER_EXCLUDED));
    rig_slice_counted(r, 1000);
    assert_non_null(rig_note(r, EVENT_WORKER_EXCLUDED));
    assert_false(rig_closed(r, conn));
    rig_settle(r);
    assert_int_equal(rig_view(r, x).done, 0);
    size_t before = granted(r, conn, x);
    uint64_t pi = rig_job(r, 20 * UNIT);
    for (int i = 0; i < 3; i++)
        say(r, conn, 0);
    assert_int_equal(granted(r, conn, x), before);
    assert_true(granted(r, conn, pi) > 0);
    rig_restart(r); /* it is remembered */
    conn = join_with(r, 1, "x", TEST, 1000);
    assert_int_equal(granted(r, conn, x), 0);
    assert_string_equal(rig_view(r, x).program, "x");
    rig_free(r);
}

static void who_is_wrong_again_is_excluded_from_everything(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    program_job(r, "x", 50, AUDIT_ADAPTIVE);
    say(r, conn, 1);
    recount(r, 0);
    assert_false(rig_closed(r, conn));
    rig_job(r, 20 * UNIT);
    say(r, conn, 1);
    rig_slice_counted(r, 1000);
    assert_non_null(rig_note(r, EVENT_WORKER_BANNED));
    assert_true(rig_closed(r, conn));
    rig_free(r);
}

static void keep_help(void *ctx, const struct msg_reply *reply)
{
    snprintf(ctx, TEXT_BYTES + 1, "%s", reply->status.audits.help);
}

/* One core is theirs already, and no more than one at a time is counted. */
static void more_time_for_audits_does_not_help_a_slow_program(void **state)
{
    (void)state;
    static const struct coord_program slow_x[] = {{"x", TEST, 0.1}};
    struct rig *r = programs_rig(slow_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 0.1);
    program_job(r, "x", 50, AUDIT_ADAPTIVE);
    say(r, conn, 0);
    struct arena memory;
    arena_init(&memory, 0);
    struct msg m = rig_request(REQUEST_STATUS, 0);
    char help[TEXT_BYTES + 1] = "";
    assert_true(coord_query(r->coord, r->now_ms, &m.request, &memory, keep_help, help));
    assert_string_equal(help, "trusted workers that have the program");
    arena_release(&memory);
    rig_free(r);
}

/* A trial is out at both of them, and they count it otherwise. */
static void contradict(struct rig *r, conn_id a, conn_id b, const char *program)
{
    program_job(r, program, 3, AUDIT_NONE);
    say(r, b, 0);
    for (int i = 0; i < 30 && !rig_oldest(r, b); i++)
        rig_tick(r, r->now_ms + 1000);
    const struct agent_grant *twin = rig_oldest(r, b);
    assert_non_null(twin);
    struct agent_grant *first = rig_oldest(r, a);
    while (first->conn != a || first->first != twin->first)
        first++;
    uint64_t hits = truth(first->first, first->count);
    rig_report_pieces(r, first, &hits, 1);
    rig_settle(r);
    hits++;
    rig_report_pieces(r, rig_oldest(r, b), &hits, 1);
    assert_non_null(rig_note(r, EVENT_WORKER_EXCLUDED));
    rig_settle(r);
    assert_false(rig_closed(r, a) || rig_closed(r, b));
}

/* Without anybody who could say who is right, both lose the program, and no more. */
static void who_counts_otherwise_where_nobody_knows_loses_the_program(void **state)
{
    (void)state;
    struct rig *r = programs_rig(NULL, 0);
    const char *names[] = {"x", "y"};
    const uint64_t tests[] = {TEST, TEST};
    const double rates[] = {1000, 1000};
    conn_id conn[2];
    for (uint64_t i = 0; i < 2; i++) {
        conn[i] = rig_connect(r);
        struct msg m = rig_hello(ROLE_WORKER, i ? "b" : "a", i + 1, i ? 1 : 2);
        m.hello.n_offers = 2;
        m.hello.offer = names;
        m.hello.offer_test = tests;
        m.hello.offer_rate = rates;
        rig_message(r, conn[i], m);
        r->beats[conn[i]] = true;
        rig_resume(r, conn[i], NULL, 0);
    }
    contradict(r, conn[0], conn[1], "x");
    contradict(r, conn[0], conn[1], "y");
    uint64_t x = program_job(r, "x", 5, AUDIT_NONE);
    assert_int_equal(granted(r, conn[0], x) + granted(r, conn[1], x), 0);
    expect_reason(r, x,
                  "a is excluded from 'x': another worker counts 'x' otherwise, and "
                  "nobody is here who could say which of them is wrong");
    conn_id third = join_with(r, 3, "x", TEST, 1000);
    for (int i = 0; i < 3 + 5; i++)
        say(r, third, 0);
    assert_int_equal(rig_view(r, x).state, JOB_DONE);
    rig_free(r);
}

static void a_program_that_differs_from_itself_fails_its_job(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    uint64_t x = program_job(r, "x", 50, AUDIT_ADAPTIVE);
    say(r, conn, 1);
    rig_slice_counted(r, 1000);
    recount(r, 5);
    struct job_view v = rig_view(r, x);
    assert_int_equal(v.state, JOB_FAILED);
    char reason[TEXT_BYTES + 1];
    unsigned long long a = truth(0, UNIT);
    snprintf(reason, sizeof(reason),
             "program x: two counts of the same 1 trials differ (%llu, %llu): it does "
             "not depend on (seed, trial) alone",
             a, a + 5);
    assert_string_equal(v.reason, reason);
    assert_false(rig_closed(r, conn)); /* it is not to blame */
    uint64_t again = program_job(r, "x", 50, AUDIT_ADAPTIVE);
    assert_true(granted(r, conn, again) > 0);
    rig_free(r);
}

/* Ten results of pi say nothing of x; of x itself, 64 trials are as good as ten. */
static void trust_is_earned_in_each_program(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    uint64_t pi = rig_job(r, 20 * UNIT);
    for (int i = 0; i < 20; i++) {
        say(r, conn, 0);
        recount(r, 0);
    }
    assert_int_equal(rig_view(r, pi).state, JOB_DONE);
    uint64_t x = program_job(r, "x", 12, AUDIT_ADAPTIVE);
    for (int i = 0; i < 12; i++) {
        say(r, conn, 0);
        assert_true(i >= 10 || r->n_slices == 1);
        recount(r, 0);
    }
    assert_int_equal(rig_view(r, x).state, JOB_DONE);
    rig_free(r);
}

static void without_its_own_picoord_says_who_could_audit(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    uint64_t x = program_job(r, "x", 1, AUDIT_ADAPTIVE);
    say(r, conn, 0);
    assert_int_equal(r->n_slices, 1);
    struct input in = {.type = INPUT_RECOMPUTED};
    in.recompute.id = r->slices[0].id;
    in.recompute.failed = "exited with 3";
    r->n_slices = 0;
    rig_step(r, in);
    assert_int_equal(r->n_slices, 0); /* not before ten minutes are over */
    expect_reason(r, x, "picoord's own 'x' failed: exited with 3");
    for (int i = 0; i < 601; i++)
        rig_wait(r, 1000);
    assert_int_equal(r->n_slices, 1);
    recount(r, 0);
    assert_int_equal(rig_view(r, x).state, JOB_DONE);
    rig_free(r);
}

/* A trusted worker that has the program recomputes what picoord can not. */
static void trusted_workers_audit_what_picoord_lacks(void **state)
{
    (void)state;
    struct rig *r = programs_rig(NULL, 0);
    conn_id judge = join_with(r, 9, "x", TEST, 1000);
    struct msg m = rig_request(REQUEST_TRUST, 0);
    m.request.worker = "w9";
    rig_message(r, CONN_LOCAL, m);
    rig_settle(r);
    uint64_t x = program_job(r, "x", 3, AUDIT_ADAPTIVE);
    say(r, judge, 0);
    say(r, judge, 0);
    conn_id liar = join_with(r, 1, "x", TEST, 1000);
    while (rig_oldest(r, judge))
        say(r, judge, 0);
    if (rig_view(r, x).state != JOB_DONE)
        say(r, liar, 1);
    for (int i = 0; i < 5 && rig_oldest(r, judge); i++)
        say(r, judge, 0);
    assert_int_equal(rig_view(r, x).state, JOB_DONE);
    assert_int_equal(rig_view(r, x).hits, truth(0, 3 * UNIT));
    assert_int_equal(r->n_slices, 0);
    rig_free(r);
}

static void impossible_hits_are_by_the_trial(void **state)
{
    (void)state;
    struct rig *r = programs_rig(own_x, 1);
    conn_id conn = join_with(r, 1, "x", TEST, 1000);
    struct msg m = submission(r, "x", 5, AUDIT_ADAPTIVE);
    m.request.submit.score = false;
    rig_ask(r, m);
    uint64_t two = 2; /* in one trial */
    rig_report_pieces(r, rig_oldest(r, conn), &two, 1);
    assert_non_null(rig_note(r, EVENT_WORKER_BANNED));
    rig_free(r);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(only_who_has_the_program_gets_it),
        T(a_grant_names_the_program_and_has_whole_trials),
        T(operators_see_trials),
        T(a_slow_program_begins_with_one_trial),
        T(no_trial_begins_that_comes_too_late),
        T(a_slow_program_spoils_no_rate_of_pi),
        T(what_cannot_be_checked_is_refused),
        T(workers_that_disagree_are_named),
        T(a_program_that_has_failed_says_why),
        T(who_was_wrong_in_a_program_goes_on_with_others),
        T(who_is_wrong_again_is_excluded_from_everything),
        T(more_time_for_audits_does_not_help_a_slow_program),
        T(who_counts_otherwise_where_nobody_knows_loses_the_program),
        T(a_program_that_differs_from_itself_fails_its_job),
        T(trust_is_earned_in_each_program),
        T(without_its_own_picoord_says_who_could_audit),
        T(trusted_workers_audit_what_picoord_lacks),
        T(impossible_hits_are_by_the_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
