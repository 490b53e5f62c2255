// SPDX-License-Identifier: MIT
/*
 * Each rule of requests and replies by a near miss, as in wire_rules_test.c.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/wire.h"
#include "tests/lib/wire_verdict.h"

static uint8_t sixteen[17] = "0123456789abcdef";
static uint64_t many[2000];
static char long_text[TEXT_BYTES + 2];

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = 1;
    memset(long_text, 'x', sizeof(long_text) - 1);
    return 0;
}

static const char *request_verdict(Pb__Request__VerbCase verb, ProtobufCMessage *m)
{
    Pb__Request p = PB__REQUEST__INIT;
    p.verb_case = verb;
    p.submit = (Pb__Submit *)m;
    return verdict_of(PB__FRAME__BODY_REQUEST, &p.base);
}

static const char *reply_verdict(Pb__Reply__BodyCase body, ProtobufCMessage *m)
{
    Pb__Reply p = PB__REPLY__INIT;
    p.body_case = body;
    p.error = (Pb__Error *)m;
    return verdict_of(PB__FRAME__BODY_REPLY, &p.base);
}

#define REQUEST(Kind, VERB, good, change, why)                                         \
    EXPECT_BY(Kind, request_verdict, PB__REQUEST__VERB_##VERB, good, change, why)
#define REPLY(Kind, BODY, good, change, why)                                           \
    EXPECT_BY(Kind, reply_verdict, PB__REPLY__BODY_##BODY, good, change, why)

/* ---- requests ---- */

static Pb__Submit good_submit(void)
{
    Pb__Submit p = PB__SUBMIT__INIT;
    p.request = (ProtobufCBinaryData){.len = 16, .data = sixteen};
    p.trials = 1000;
    return p;
}

#define SUBMIT(change, why) REQUEST(Submit, SUBMIT, good_submit(), change, why)

static void a_submit_has_exactly_one_stop_rule(void **state)
{
    (void)state;
    const char *none = "submit: none of trials, until_stderr and for_ms; exactly one";
    const char *two =
        "submit: more than one of trials, until_stderr and for_ms; exactly one";
    SUBMIT((void)0, NULL);
    SUBMIT(p->trials = 0, none);
    SUBMIT(p->until_stderr = 0.5, two);
    SUBMIT(p->for_ms = 1, two);
    SUBMIT((p->trials = 0, p->for_ms = 1), NULL);
    SUBMIT((p->trials = 0, p->until_stderr = 1e-12), NULL);
    SUBMIT((p->trials = 0, p->until_stderr = 1), NULL);
    SUBMIT((p->trials = 0, p->until_stderr = 0.99e-12),
           "submit: until_stderr is 9.9e-13, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->until_stderr = 1 + 1e-15),
           "submit: until_stderr is 1, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->until_stderr = 1, p->for_ms = 1), two);
}

static void the_ranges_of_a_submit_are_checked(void **state)
{
    (void)state;
    SUBMIT(p->trials = TRIALS_MAX, NULL);
    SUBMIT(p->trials = TRIALS_MAX + 1,
           "submit: trials is 4611686018427387905, not 0 to 4611686018427387904");
    SUBMIT((p->trials = 0, p->until_stderr = 9e-13),
           "submit: until_stderr is 9e-13, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->until_stderr = 1.5),
           "submit: until_stderr is 1.5, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->until_stderr = -0.5),
           "submit: until_stderr is -0.5, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->until_stderr = (double)NAN),
           "submit: until_stderr is nan, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->until_stderr = (double)INFINITY),
           "submit: until_stderr is inf, not 1e-12 to 1");
    SUBMIT((p->trials = 0, p->for_ms = 1ull << 53), NULL);
    SUBMIT((p->trials = 0, p->for_ms = (1ull << 53) + 1),
           "submit: for_ms is 9007199254740993, not 0 to 9007199254740992");
    SUBMIT(p->request.len = 15, "submit: a request id of 15 bytes, not 16");
    SUBMIT(p->request.len = 0, "submit: a request id of 0 bytes, not 16");
    SUBMIT(p->name = "a b", "submit: name has a ' ', not only A-Z a-z 0-9 . _ -");
    SUBMIT(p->name = "night.run_1-A", NULL);
    SUBMIT(p->weight = 1000, NULL);
    SUBMIT(p->weight = 1001, "submit: weight is 1001, not 0 to 1000");
    SUBMIT((p->seed_given = true, p->seed = UINT64_MAX), NULL);
}

/* The request that these bytes of a Frame are. */
static struct msg_request taken(const uint8_t *body, size_t n)
{
    struct arena a;
    arena_init(&a, WIRE_BUDGET_BYTES);
    struct msg m;
    const char *why = "";
    if (wire_decode(body, n, &a, &m, &why) < 0)
        fail_msg("refused: %s", why);
    assert_int_equal(m.type, MSG_REQUEST);
    struct msg_request r = m.request;
    arena_release(&a);
    return r;
}

static void what_is_left_out_has_its_usual_value(void **state)
{
    (void)state;
    const uint8_t watch[] = {0xa2, 1, 2, 0x72, 0};
    assert_int_equal(taken(watch, sizeof(watch)).interval_ms, 250);
    assert_true(taken(watch, sizeof(watch)).job == 0);
    /* submit { request, trials 7, seed 9 without seed_given } */
    uint8_t submit[] = {0xa2, 1,    31, 0x12, 29, 0x0a, 16, 0, 0, 0, 0, 0,
                        0,    0,    0,  0,    0,  0,    0,  0, 0, 0, 0, 0x10,
                        7,    0x31, 9,  0,    0,  0,    0,  0, 0, 0};
    struct msg_request r = taken(submit, sizeof(submit));
    assert_int_equal(r.submit.weight, 1);
    assert_int_equal(r.submit.trials, 7);
    assert_false(r.submit.seed_given);
    assert_true(r.submit.seed == 0);
}

static Pb__JobVerb job_verb(const char *job)
{
    Pb__JobVerb p = PB__JOB_VERB__INIT;
    p.job = (char *)job;
    return p;
}

static void a_job_is_named_or_left_out(void **state)
{
    (void)state;
    REQUEST(JobVerb, CANCEL, job_verb("j-1"), (void)0, NULL);
    REQUEST(JobVerb, PAUSE, job_verb("1"), (void)0, NULL);
    REQUEST(JobVerb, RESUME, job_verb(""), (void)0, NULL);
    REQUEST(JobVerb, STATUS, job_verb("x"), (void)0,
            "status: \"x\" is no job; a job is \"j-17\" or \"17\"");
    REQUEST(JobVerb, LEDGER, job_verb("j-0"), (void)0,
            "ledger: \"j-0\" is no job; a job is \"j-17\" or \"17\"");
    REQUEST(JobVerb, RM, job_verb("j-1"), (void)0, NULL);
    REQUEST(JobVerb, RM, job_verb(""), (void)0, /* by oversight too much would go */
            "rm: \"\" is no job; a job is \"j-17\" or \"17\"");
    REQUEST(JobVerb, CANCEL, job_verb("-"), (void)0,
            "cancel: \"-\" is no job; a job is \"j-17\" or \"17\"");
    REQUEST(JobVerb, PAUSE, job_verb("j\n"), (void)0,
            "pause: job is not printable ASCII");
    REQUEST(JobVerb, RESUME, job_verb(long_text), (void)0,
            "resume: job has 201 bytes, at most 32");
}

static void an_extend_is_checked(void **state)
{
    (void)state;
    Pb__Extend good = PB__EXTEND__INIT;
    good.trials = TRIALS_MAX;
    REQUEST(Extend, EXTEND, good, (void)0, NULL);
    REQUEST(Extend, EXTEND, good, p->trials = 0,
            "extend: trials is 0, not 1 to 4611686018427387904");
    REQUEST(Extend, EXTEND, good, p->job = "x",
            "extend: \"x\" is no job; a job is \"j-17\" or \"17\"");
}

static void one_worker_is_named_or_all_are_meant(void **state)
{
    (void)state;
    Pb__WorkerVerb good = PB__WORKER_VERB__INIT;
    good.worker = "lab-03";
    REQUEST(WorkerVerb, DRAIN, good, (void)0, NULL);
    REQUEST(WorkerVerb, KICK, good, (void)0, NULL);
    REQUEST(WorkerVerb, DRAIN, good, (p->worker = "", p->all = true), NULL);
    REQUEST(WorkerVerb, DRAIN, good, p->all = true,
            "drain: no worker, or one and all of them");
    REQUEST(WorkerVerb, KICK, good, p->worker = "",
            "kick: no worker, or one and all of them");
    REQUEST(WorkerVerb, KICK, good, (p->worker = "", p->all = true),
            "kick: one worker, not all of them");
    REQUEST(WorkerVerb, KICK, good, p->worker = "*",
            "kick: name has a '*', not only A-Z a-z 0-9 . _ -");
}

static void a_watch_is_checked(void **state)
{
    (void)state;
    Pb__Watch good = PB__WATCH__INIT;
    REQUEST(Watch, WATCH, good, (void)0, NULL);
    REQUEST(Watch, WATCH, good, p->interval_ms = 99,
            "watch: interval_ms is 99, not 100 to 60000");
    REQUEST(Watch, WATCH, good, p->interval_ms = 100, NULL);
    REQUEST(Watch, WATCH, good, p->interval_ms = 60000, NULL);
    REQUEST(Watch, WATCH, good, p->interval_ms = 60001,
            "watch: interval_ms is 60001, not 100 to 60000");
    REQUEST(Watch, WATCH, good, p->job = "x",
            "watch: \"x\" is no job; a job is \"j-17\" or \"17\"");
}

static void a_request_without_a_verb_is_refused(void **state)
{
    (void)state;
    assert_string_equal(request_verdict(PB__REQUEST__VERB__NOT_SET, NULL),
                        "request: no verb that is known here");
    assert_string_equal(reply_verdict(PB__REPLY__BODY__NOT_SET, NULL),
                        "reply: no body that is known here");
    Pb__Nothing nothing = PB__NOTHING__INIT;
    assert_null(request_verdict(PB__REQUEST__VERB_JOBS, &nothing.base));
    assert_null(reply_verdict(PB__REPLY__BODY_DONE, &nothing.base));
}

/* Its number is there, so that it can be answered. */
static void what_is_wrong_with_a_request_is_for_its_answer(void **state)
{
    (void)state;
    uint8_t body[64];
    Pb__JobVerb verb = PB__JOB_VERB__INIT;
    verb.job = "foo";
    Pb__Request p = PB__REQUEST__INIT;
    p.id = 9;
    p.verb_case = PB__REQUEST__VERB_STATUS;
    p.status = &verb;
    Pb__Frame f = PB__FRAME__INIT;
    f.body_case = PB__FRAME__BODY_REQUEST;
    f.request = &p;
    size_t n = pb__frame__pack(&f, body);
    struct arena a;
    struct msg m;
    const char *why = "";
    arena_init(&a, WIRE_BUDGET_BYTES);
    assert_int_equal(wire_decode(body, n, &a, &m, &why), 0);
    assert_int_equal(m.type, MSG_REQUEST);
    assert_int_equal(m.request.id, 9);
    assert_string_equal(m.request.wrong,
                        "status: \"foo\" is no job; a job is \"j-17\" or \"17\"");
    arena_release(&a);
}

/* ---- replies ---- */

static void an_unknown_error_is_still_an_error(void **state)
{
    (void)state;
    Pb__Error good = PB__ERROR__INIT;
    REPLY(Error, ERROR, good, p->code = 99, NULL);
    REPLY(Error, ERROR, good, p->message = "\x01",
          "error: message is not printable ASCII");
    REPLY(Error, ERROR, good, p->hint = long_text,
          "error: hint has 201 bytes, at most 200");
}

static Pb__Job good_job(void)
{
    Pb__Job p = PB__JOB__INIT;
    p.id = "j-1";
    p.state = "running";
    p.trials = p.done = p.verified_done = 10;
    p.hits = p.verified_hits = 8;
    p.pi = p.stderr = p.ci_low = p.ci_high = (double)NAN;
    p.uid = "000102030405060708090a0b0c0d0eff";
    return p;
}

#define JOB(change, why) REPLY(Job, JOB, good_job(), change, why)

static void a_job_is_checked(void **state)
{
    (void)state;
    JOB((void)0, NULL);
    JOB(p->id = "", "job: \"\" is no job; a job is \"j-17\" or \"17\"");
    JOB(p->name = "a b", "job: name has a ' ', not only A-Z a-z 0-9 . _ -");
    JOB(p->state = "unknown", "job: unknown state \"unknown\"");
    JOB(p->state = "", "job: unknown state \"\"");
    JOB(p->reason = "\n", "job: reason is not printable ASCII");
    JOB(p->trials = TRIALS_MAX + 1,
        "job: trials is 4611686018427387905, not 0 to 4611686018427387904");
    JOB(p->hits = 11, "job: 11 hits of 10 trials");
    JOB(p->verified_hits = 11, "job: 11 hits of 10 trials");
    JOB(p->done = TRIALS_MAX + 1, "job: 8 hits of 4611686018427387905 trials");
    JOB(p->pi = (double)INFINITY, "job: an estimate that is infinite");
    JOB(p->stderr = -(double)INFINITY, "job: an estimate that is infinite");
    JOB(p->ci_low = (double)INFINITY, "job: an estimate that is infinite");
    JOB(p->ci_high = (double)INFINITY, "job: an estimate that is infinite");
    JOB(p->any_low = (double)INFINITY, "job: an estimate that is infinite");
    JOB(p->any_high = -(double)INFINITY, "job: an estimate that is infinite");
    JOB(p->rate = (double)NAN, "job: the rate is no number from 0");
    JOB(p->rate = -1, "job: the rate is no number from 0");
    JOB(p->until_stderr = (double)NAN,
        "job: more than one stop rule, or one that is no number");
    JOB((p->until_stderr = 0.1, p->for_ms = 1),
        "job: more than one stop rule, or one that is no number");
    JOB(p->elapsed_ms = UINT64_MAX,
        "job: elapsed_ms is 18446744073709551615, not 0 to 9007199254740992");
    JOB(p->uid = "00", "job: uid is not 32 digits of hexadecimal");
    JOB(p->uid = "0001020304050607 8090a0b0c0d0eff",
        "job: uid is not 32 digits of hexadecimal");
}

static void a_worker_is_checked(void **state)
{
    (void)state;
    Pb__Worker good = PB__WORKER__INIT;
    good.id = "0123456789abcdef";
    good.state = "idle";
    Pb__Worker *list[LIST_MAX + 1];
    Pb__Workers workers = PB__WORKERS__INIT;
    workers.workers = list;
#define WORKER(change, why)                                                            \
    do {                                                                               \
        Pb__Worker bad = good;                                                         \
        change;                                                                        \
        list[0] = &bad;                                                                \
        REPLY(Workers, WORKERS, workers, p->n_workers = 1, why);                       \
    } while (0)
    WORKER((void)0, NULL);
    WORKER(bad.id = "0123456789ABCDEF",
           "worker: worker is not 16 digits of hexadecimal");
    WORKER(bad.name = "a b", "worker: name has a ' ', not only A-Z a-z 0-9 . _ -");
    WORKER(bad.address = long_text, "worker: address has 201 bytes, at most 64");
    WORKER(bad.kernel = "\t", "worker: kernel is not printable ASCII");
    WORKER(bad.version = "\t", "worker: version is not printable ASCII");
    WORKER(bad.state = "running", "worker: unknown state \"running\"");
    WORKER(bad.rate = -1, "worker: the rate is no number from 0");
    WORKER(bad.trials = TRIALS_MAX + 1,
           "worker: trials is 4611686018427387905, not 0 to 4611686018427387904");
    WORKER(bad.last_seen_ms = UINT64_MAX,
           "worker: last_seen_ms is 18446744073709551615, not 0 to 9007199254740992");
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        list[i] = &good;
    REPLY(Workers, WORKERS, workers, p->n_workers = LIST_MAX, NULL);
    REPLY(Workers, WORKERS, workers, p->n_workers = LIST_MAX + 1,
          "workers: length of a list is 101, not 0 to 100");
}

static void a_status_is_checked(void **state)
{
    (void)state;
    Pb__Job job = good_job(), bad_job = good_job();
    bad_job.state = "gone";
    Pb__Status good = PB__STATUS__INIT;
    good.state = "ready";
    REPLY(Status, STATUS, good, (void)0, NULL);
    REPLY(Status, STATUS, good, p->job = &job, NULL);
    REPLY(Status, STATUS, good, p->job = &bad_job, "job: unknown state \"gone\"");
    REPLY(Status, STATUS, good, p->state = "idle", "status: unknown state \"idle\"");
    REPLY(Status, STATUS, good, p->version = "\x7f",
          "status: version is not printable ASCII");
    REPLY(Status, STATUS, good, p->reason = long_text,
          "status: reason has 201 bytes, at most 200");
    REPLY(Status, STATUS, good, p->rate = (double)INFINITY,
          "status: the rate is no number from 0");
    REPLY(Status, STATUS, good, p->seconds_waiting = (double)NAN, NULL);
    REPLY(Status, STATUS, good, p->seconds_waiting = -1,
          "status: seconds_waiting is no time");
    REPLY(Status, STATUS, good, p->seconds_waiting = (double)INFINITY,
          "status: seconds_waiting is no time");
    REPLY(Status, STATUS, good, p->uptime_ms = UINT64_MAX,
          "status: uptime_ms is 18446744073709551615, not 0 to 9007199254740992");
}

static void a_ledger_is_checked(void **state)
{
    (void)state;
    uint64_t zero = 0, two = 2, far = TRIALS_MAX;
    Pb__Share good_share = PB__SHARE__INIT, bad_share = PB__SHARE__INIT;
    good_share.worker = bad_share.worker = "0123456789abcdef";
    bad_share.hits = 1;
    Pb__Share *shares[LIST_MAX + 1], *bad = &bad_share;
    for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
        shares[i] = &good_share;
    Pb__Ledger good = PB__LEDGER__INIT;
    good.n_first = good.n_count = good.n_done = good.n_hits = 1;
    good.first = good.count = good.done = good.hits = many;
    REPLY(Ledger, LEDGER, good, (void)0, NULL);
    REPLY(Ledger, LEDGER, good, p->n_hits = 2,
          "ledger: 1 firsts but 1 counts, 1 done, 2 hits");
    REPLY(Ledger, LEDGER, good, p->n_count = 0,
          "ledger: 1 firsts but 0 counts, 1 done, 1 hits");
    REPLY(Ledger, LEDGER, good, p->n_done = 0,
          "ledger: 1 firsts but 1 counts, 0 done, 1 hits");
    REPLY(Ledger, LEDGER, good, p->n_first = CELLS_MAX + 1,
          "ledger: number of cells is 1314, not 0 to 1313");
    REPLY(Ledger, LEDGER, good, p->count = &zero,
          "ledger: count is 0, not 1 to 4611686018427387904");
    REPLY(Ledger, LEDGER, good, p->first = &far, "ledger: a cell beyond 2^62");
    REPLY(Ledger, LEDGER, good, p->done = &two, "ledger: 2 of 1 trials done in a cell");
    REPLY(Ledger, LEDGER, good, p->hits = &two, "ledger: 2 hits of 1 trials");
    REPLY(Ledger, LEDGER, good, (p->n_shares = LIST_MAX, p->shares = shares), NULL);
    REPLY(Ledger, LEDGER, good, (p->n_shares = LIST_MAX + 1, p->shares = shares),
          "ledger: number of shares is 101, not 0 to 100");
    REPLY(Ledger, LEDGER, good, (p->n_shares = 1, p->shares = &bad),
          "share: 1 hits of 0 trials");
    REPLY(Ledger, LEDGER, good, (p->n_doubt_first = 1, p->doubt_first = &two),
          "ledger: 1 starts of ranges in doubt but 0 counts");
    good.n_doubt_first = good.n_doubt_count = 1;
    good.doubt_first = good.doubt_count = many;
    REPLY(Ledger, LEDGER, good, (void)0, NULL);
    REPLY(Ledger, LEDGER, good, p->doubt_count = &zero,
          "ledger: count in doubt is 0, not 1 to 4611686018427387904");
    REPLY(Ledger, LEDGER, good, p->doubt_first = &far,
          "ledger: start of a range in doubt is 4611686018427387904, not 0 to "
          "4611686018427387903");
    REPLY(Ledger, LEDGER, good, (p->n_doubt_first = p->n_doubt_count = LIST_MAX + 1),
          "ledger: number of ranges in doubt is 101, not 0 to 100");
    bad_share = good_share;
    bad_share.worker = "x";
    REPLY(Ledger, LEDGER, good, (p->n_shares = 1, p->shares = &bad),
          "share: worker is not 16 digits of hexadecimal");
}

static void an_answer_is_checked(void **state)
{
    (void)state;
    Pb__Answer good = PB__ANSWER__INIT, *list[1];
    good.job = "j-1";
    Pb__History history = PB__HISTORY__INIT;
    history.n_answers = 1;
    history.answers = list;
    list[0] = &good;
    REPLY(History, HISTORY, history, (void)0, NULL);
    REPLY(History, HISTORY, history, list[0]->job = "",
          "answer: \"\" is no job; a job is \"j-17\" or \"17\"");
    good.job = "j-1";
    REPLY(History, HISTORY, history, list[0]->hits = 1, "answer: 1 hits of 0 trials");
    good.trials = 1;
    REPLY(History, HISTORY, history, list[0]->pi = (double)INFINITY,
          "answer: an estimate that is infinite");
    good.pi = 4;
    REPLY(History, HISTORY, history, list[0]->elapsed_ms = UINT64_MAX,
          "answer: elapsed_ms is 18446744073709551615, not 0 to 9007199254740992");
}

static void an_event_is_checked(void **state)
{
    Pb__Event event = PB__EVENT__INIT, *list[] = {&event};
    Pb__Events events = PB__EVENTS__INIT;
    (void)state;
    events.n_events = 1;
    events.events = list;
    REPLY(Events, EVENTS, events, list[0]->job = "j",
          "event: \"j\" is no job; a job is \"j-17\" or \"17\"");
    event.job = "";
    REPLY(Events, EVENTS, events, list[0]->reason = "a\nb",
          "event: reason is not printable ASCII");
    event.reason = "";
    REPLY(Events, EVENTS, events, list[0]->program = "a\nb",
          "event: program is not printable ASCII");
    event.program = "";
    REPLY(Events, EVENTS, events, list[0]->time_ms = UINT64_MAX,
          "event: time_ms is 18446744073709551615, not 0 to 9007199254740992");
    event.time_ms = 0;
    REPLY(Events, EVENTS, events, list[0]->what = "123456789012345678901234567890123",
          "event: what has 33 bytes, at most 32");
}

static void a_piece_of_a_backup_is_checked(void **state)
{
    static uint8_t bytes[BACKUP_BYTES + 1];
    Pb__Backup backup = PB__BACKUP__INIT;
    (void)state;
    backup.size = sizeof(bytes);
    backup.data.data = bytes;
    backup.data.len = BACKUP_BYTES;
    REPLY(Backup, BACKUP, backup, (void)0, NULL);
    REPLY(Backup, BACKUP, backup, p->data.len = 0,
          "backup: a piece of 0 bytes of a file of 32769");
    backup.data.len = BACKUP_BYTES;
    REPLY(Backup, BACKUP, backup, p->size = 5,
          "backup: a piece of 32768 bytes of a file of 5");
    backup.size = sizeof(bytes);
    REPLY(Backup, BACKUP, backup, p->data.len = BACKUP_BYTES + 1,
          "backup: piece is 32769, not 1 to 32768");
}

static void a_list_of_jobs_is_checked(void **state)
{
    (void)state;
    Pb__Job good = good_job(), *list[LIST_MAX + 1];
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        list[i] = &good;
    Pb__Jobs jobs = PB__JOBS__INIT;
    jobs.jobs = list;
    REPLY(Jobs, JOBS, jobs, p->n_jobs = LIST_MAX, NULL);
    REPLY(Jobs, JOBS, jobs, p->n_jobs = LIST_MAX + 1,
          "jobs: length of a list is 101, not 0 to 100");
    good.uid = "";
    REPLY(Jobs, JOBS, jobs, p->n_jobs = 1, "job: uid is not 32 digits of hexadecimal");
}

static void a_question_for_tokens_is_checked(void **state)
{
    (void)state;
    Pb__TokenVerb good = PB__TOKEN_VERB__INIT;
    REQUEST(TokenVerb, TOKEN, good, (void)0, NULL);
    REQUEST(TokenVerb, TOKEN, good, p->role = 99, NULL); /* nothing is rotated */
    good.rotate = true;
    good.role = PB__ROLE__ROLE_OPERATOR;
    REQUEST(TokenVerb, TOKEN, good, (void)0, NULL);
    REQUEST(TokenVerb, TOKEN, good, p->role = 0, "token: unknown role 0");
    REQUEST(TokenVerb, TOKEN, good, p->role = 99, "token: unknown role 99");
}

static void join_strings_are_checked(void **state)
{
    (void)state;
    static char too_long[JOIN_TEXT_MAX + 2];
    static char *joins[JOINS_MAX + 1], *bad[] = {(char *)"pi1.a\tb"};
    static char *endless[] = {too_long};
    memset(too_long, 'a', JOIN_TEXT_MAX + 1);
    for (size_t i = 0; i < ARRAY_SIZE(joins); i++)
        joins[i] = (char *)"pi1.lab:1.k.t";
    Pb__Token good = PB__TOKEN__INIT;
    good.n_worker = JOINS_MAX;
    good.worker = joins;
    REPLY(Token, TOKEN, good, (void)0, NULL);
    REPLY(Token, TOKEN, good, p->n_worker++,
          "token: number of join strings is 65, not 0 to 64");
    REPLY(Token, TOKEN, good, (p->n_operator_ = 1, p->operator_ = bad),
          "token: operator is not printable ASCII");
    REPLY(Token, TOKEN, good, (p->n_worker = 1, p->worker = endless),
          "token: worker has 401 bytes, at most 400");
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_submit_has_exactly_one_stop_rule),
        T(the_ranges_of_a_submit_are_checked),
        T(what_is_left_out_has_its_usual_value),
        T(a_job_is_named_or_left_out),
        T(an_extend_is_checked),
        T(one_worker_is_named_or_all_are_meant),
        T(a_watch_is_checked),
        T(a_request_without_a_verb_is_refused),
        T(what_is_wrong_with_a_request_is_for_its_answer),
        T(an_unknown_error_is_still_an_error),
        T(a_job_is_checked),
        T(a_worker_is_checked),
        T(a_status_is_checked),
        T(a_ledger_is_checked),
        T(an_answer_is_checked),
        T(a_question_for_tokens_is_checked),
        T(join_strings_are_checked),
        T(an_event_is_checked),
        T(a_piece_of_a_backup_is_checked),
        T(a_list_of_jobs_is_checked),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
