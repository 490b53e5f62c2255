// SPDX-License-Identifier: MIT
/*
 * Each rule of what the messages say of programs, by a near miss.
 */
#include <math.h>
#include <string.h>

#include "common/wire/wire.h"
#include "tests/lib/wire_verdict.h"

static uint8_t sixteen[17] = "0123456789abcdef";
static char *names[PROGRAMS_MAX + 1] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
static uint64_t tests[PROGRAMS_MAX + 1];
static double rates[PROGRAMS_MAX + 1], negative = -1;
static char long_lines[STDERR_BYTES + 2], long_arg[ARG_BYTES + 2];

static int setup(void **state)
{
    (void)state;
    memset(long_lines, '\n', sizeof(long_lines) - 1);
    memset(long_arg, 'x', sizeof(long_arg) - 1);
    return 0;
}

static Pb__Hello hello_with(size_t n)
{
    Pb__Hello p = PB__HELLO__INIT;
    p.protocol_min = p.protocol_max = 1;
    p.program = p.version = p.kernel = p.name = "x";
    p.role = PB__ROLE__ROLE_WORKER;
    p.secret = (ProtobufCBinaryData){.len = 16, .data = sixteen};
    p.threads = 8;
    p.n_offer = p.n_offer_test = p.n_offer_rate = n;
    p.offer = names;
    p.offer_test = tests;
    p.offer_rate = rates;
    return p;
}

#define HELLO(change, why) EXPECT(Hello, HELLO, hello_with(2), change, why)

static void what_a_worker_offers_is_checked(void **state)
{
    (void)state;
    char *twice[] = {"a", "a"}, *pi[] = {"b", "pi"}, *none[] = {"", "b"};
    HELLO((void)0, NULL);
    EXPECT(Hello, HELLO, hello_with(PROGRAMS_MAX), (void)0, NULL);
    EXPECT(Hello, HELLO, hello_with(PROGRAMS_MAX + 1), (void)0,
           "hello: number of programs is 9, not 0 to 8");
    HELLO(p->n_offer_test = 1, "hello: 2 programs but 1 tests and 2 rates");
    HELLO(p->n_offer_rate = 3, "hello: 2 programs but 2 tests and 3 rates");
    HELLO(p->offer = twice, "hello: program a twice");
    HELLO(p->offer = pi, "hello: a program called pi, which is built in");
    HELLO(p->offer = none, "hello: no name");
    HELLO(
        (p->n_offer = p->n_offer_test = p->n_offer_rate = 1, p->offer_rate = &negative),
        "hello: the rate of a program is no number from 0");
}

static Pb__Resume failures(void)
{
    static char *why[] = {"exited with 1"}, *said[] = {"a\nb\n"};
    Pb__Resume p = PB__RESUME__INIT;
    p.n_failed = p.n_failed_why = p.n_failed_stderr = 1;
    p.failed = names;
    p.failed_why = why;
    p.failed_stderr = said;
    return p;
}

#define RESUME(change, why) EXPECT(Resume, RESUME, failures(), change, why)

static void what_has_failed_is_checked(void **state)
{
    (void)state;
    char *flood[] = {long_lines}, *bell[] = {"\a"}, *two[] = {"a\nb"};
    RESUME((void)0, NULL);
    RESUME(p->n_failed_why = 0,
           "resume: 1 failed programs but 0 reasons and 1 outputs");
    RESUME(p->n_failed_stderr = 0,
           "resume: 1 failed programs but 1 reasons and 0 outputs");
    RESUME(p->failed_why = two, "resume: failed_why is not printable ASCII");
    RESUME(p->failed_stderr = bell,
           "resume: failed_stderr is not lines of printable ASCII");
    RESUME(p->failed_stderr = flood,
           "resume: failed_stderr has 2049 bytes, at most 2048");
    RESUME((p->n_failed = 9, p->failed = names),
           "resume: number of failed programs is 9, not 0 to 8");
    uint64_t grant = 1;
    uint32_t zero = 0, log2 = 16;
    uint64_t none = 0;
    RESUME((p->n_grant = p->n_thread = p->n_first = p->n_count = p->n_lease_log2 =
                p->n_computing = p->n_unanswered = 1,
            p->job = p->token = (ProtobufCBinaryData){.len = 16, .data = sixteen},
            p->grant = p->count = p->computing = &grant, p->thread = &zero,
            p->first = p->unanswered = &none, p->lease_log2 = &log2),
           "resume: grants and failed programs in one frame");
}

static void a_grant_of_a_program_is_of_whole_trials(void **state)
{
    (void)state;
    uint64_t grant = 1, first = 3 << 16, count = 2 << 16, part = 65535;
    uint32_t thread = 0, log2 = 16;
    Pb__Grants good = PB__GRANTS__INIT;
    good.job = good.token = (ProtobufCBinaryData){.len = 16, .data = sixteen};
    good.n_grant = good.n_thread = good.n_first = good.n_count = good.n_lease_log2 = 1;
    good.grant = &grant;
    good.thread = &thread;
    good.first = &first;
    good.count = &count;
    good.lease_log2 = &log2;
    good.program = "x";
    good.arg = "p=0.5 \"q\"";
    good.score = true;
    EXPECT(Grants, GRANTS, good, (void)0, NULL);
    EXPECT(Grants, GRANTS, good, p->first = &part,
           "grants: a part of a program's trial");
    EXPECT(Grants, GRANTS, good, p->count = &part,
           "grants: a part of a program's trial");
    EXPECT(Grants, GRANTS, good, p->program = "pi",
           "grants: a program called pi, which is built in");
    EXPECT(Grants, GRANTS, good, (p->program = "", p->score = false),
           "grants: an argument or a score, but no program");
    EXPECT(Grants, GRANTS, good, (p->program = "", p->arg = ""),
           "grants: an argument or a score, but no program");
    EXPECT(Grants, GRANTS, good, p->arg = long_arg,
           "grants: arg has 257 bytes, at most 256");
    EXPECT(Grants, GRANTS, good, p->arg = "a\nb", "grants: arg is not printable ASCII");
}

static const char *submit_verdict(Pb__Submit *submit)
{
    Pb__Request request = PB__REQUEST__INIT;
    request.verb_case = PB__REQUEST__VERB_SUBMIT;
    request.submit = submit;
    return verdict_of(PB__FRAME__BODY_REQUEST, &request.base);
}

#define SUBMIT(change, why)                                                            \
    do {                                                                               \
        Pb__Submit submit = PB__SUBMIT__INIT, *p = &submit;                            \
        submit.request = (ProtobufCBinaryData){.len = 16, .data = sixteen};            \
        submit.trials = PROGRAM_TRIALS_MAX;                                            \
        submit.program = "x";                                                          \
        (void)(change);                                                                \
        const char *said_ = submit_verdict(p), *expected_ = why;                       \
        assert_string_equal(said_ ? said_ : "taken", expected_ ? expected_ : "taken"); \
    } while (0)

static void a_submit_of_a_program_is_checked(void **state)
{
    (void)state;
    SUBMIT((void)0, NULL);
    SUBMIT((p->score = p->test_given = true, p->arg = "1", p->scale = 1e100), NULL);
    SUBMIT(p->trials++, "submit: a program's job has at most 7.0e13 trials");
    SUBMIT((p->trials++, p->program = ""), NULL);
    SUBMIT(p->program = "pi", "submit: a program called pi, which is built in");
    SUBMIT(p->program = "a b", "submit: name has a ' ', not only A-Z a-z 0-9 . _ -");
    SUBMIT((p->program = "", p->arg = "1"),
           "submit: an argument or a score, but no program");
    SUBMIT((p->program = "", p->scale = 1), "submit: a scale, but no program");
    SUBMIT((p->program = "", p->scale = 4), NULL);
    SUBMIT((p->program = "", p->test_given = true),
           "submit: a self-test, but no program");
    SUBMIT(p->scale = -1, "submit: scale is -1, not 1e-100 to 1e+100");
    SUBMIT(p->scale = (double)INFINITY, "submit: scale is inf, not 1e-100 to 1e+100");
    SUBMIT(p->scale = (double)NAN, "submit: scale is nan, not 1e-100 to 1e+100");
    SUBMIT((p->trials = 0, p->until_stderr = 0.25), NULL);
    SUBMIT((p->trials = 0, p->until_stderr = 0.3),
           "submit: until_stderr is 0.3, not 2.5e-13 to 0.25");
    SUBMIT((p->trials = 0, p->until_stderr = 0.3, p->scale = 100), NULL);
}

static const char *reply_verdict(Pb__Reply__BodyCase body, void *m)
{
    Pb__Reply reply = PB__REPLY__INIT;
    reply.body_case = body;
    reply.job = m; /* all bodies share this address */
    return verdict_of(PB__FRAME__BODY_REPLY, &reply.base);
}

static Pb__Job good_job(void)
{
    Pb__Job p = PB__JOB__INIT;
    p.id = "j-1";
    p.state = "running";
    p.trials = p.done = 10;
    p.hits = 10;
    p.uid = "000102030405060708090a0b0c0d0eff";
    p.program = "x";
    return p;
}

static void expect_said(const char *said, const char *expected)
{
    assert_string_equal(said ? said : "taken", expected);
}

static void the_hits_of_a_score_are_parts_of_trials(void **state)
{
    (void)state;
    const Pb__Reply__BodyCase body = PB__REPLY__BODY_JOB;
    Pb__Job job = good_job();
    expect_said(reply_verdict(body, &job), "taken");
    job.hits = 10 << 16;
    expect_said(reply_verdict(body, &job), "job: 655360 hits of 10 trials");
    job.score = true;
    expect_said(reply_verdict(body, &job), "taken");
    job.hits++;
    expect_said(reply_verdict(body, &job), "job: 655361 hits of 10 trials");
    job.done = PROGRAM_TRIALS_MAX + 1;
    expect_said(reply_verdict(body, &job), "job: 655361 hits of 70368744177665 trials");
}

static void the_program_of_a_job_is_checked(void **state)
{
    (void)state;
    const Pb__Reply__BodyCase body = PB__REPLY__BODY_JOB;
    Pb__Job job = good_job();
    job.program_test = "0123456789abcdef";
    expect_said(reply_verdict(body, &job), "taken");
    job.program_test = "81f0";
    expect_said(reply_verdict(body, &job), "job: test is not 16 digits of hexadecimal");
    job.program_test = "";
    job.program = "";
    job.scale = 2;
    expect_said(reply_verdict(body, &job), "job: a scale, but no program");
}

static const char *program_verdict(Pb__Program *program, size_t n)
{
    Pb__Program *programs[PROGRAMS_MAX + 1];
    Pb__Worker worker = PB__WORKER__INIT, *one = &worker;
    Pb__Workers workers = PB__WORKERS__INIT;
    for (size_t i = 0; i < n; i++)
        programs[i] = program;
    worker.id = "0123456789abcdef";
    worker.state = "idle";
    worker.n_programs = n;
    worker.programs = programs;
    workers.n_workers = 1;
    workers.workers = &one;
    return reply_verdict(PB__REPLY__BODY_WORKERS, &workers);
}

static void the_programs_of_a_worker_are_checked(void **state)
{
    (void)state;
    Pb__Program good = PB__PROGRAM__INIT;
    good.name = "x";
    good.state = "failed";
    good.stderr = "a\nb";
    expect_said(program_verdict(&good, PROGRAMS_MAX), "taken");
    expect_said(program_verdict(&good, PROGRAMS_MAX + 1),
                "worker: number of programs is 9, not 0 to 8");
    Pb__Program bad = good;
    bad.state = "gone";
    expect_said(program_verdict(&bad, 1), "program: unknown state \"gone\"");
    bad = good;
    bad.test = "x";
    expect_said(program_verdict(&bad, 1),
                "program: test is not 16 digits of hexadecimal");
    bad = good;
    bad.rate = -1;
    expect_said(program_verdict(&bad, 1), "program: the rate is no number from 0");
    bad = good;
    bad.reason = "a\nb";
    expect_said(program_verdict(&bad, 1), "program: reason is not printable ASCII");
    bad = good;
    bad.stderr = long_lines;
    expect_said(program_verdict(&bad, 1),
                "program: stderr has 2049 bytes, at most 2048");
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest all[] = {
        T(what_a_worker_offers_is_checked),         T(what_has_failed_is_checked),
        T(a_grant_of_a_program_is_of_whole_trials), T(a_submit_of_a_program_is_checked),
        T(the_hits_of_a_score_are_parts_of_trials), T(the_program_of_a_job_is_checked),
        T(the_programs_of_a_worker_are_checked),
    };
    return cmocka_run_group_tests(all, setup, NULL);
}
