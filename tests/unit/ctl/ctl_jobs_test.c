// SPDX-License-Identifier: MIT
/*
 * Jobs as people name them, all jobs at once, waiting for several, and one field of the
 * status: against a fake coordinator that has five jobs.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/exit.h"
#include "tests/lib/ctl_stage.h"

/* ---- the coordinator ---- */

static struct job_view jobs[5];

static void make_jobs(void)
{
    static const struct {
        const char *name;
        enum job_state state;
    } made[] = {{"lecture", JOB_RUNNING},
                {"twice", JOB_PAUSED},
                {"twice", JOB_DONE},
                {"", JOB_QUEUED},
                {"broken", JOB_FAILED}};
    for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
        jobs[i] = stage_job(made[i].state);
        jobs[i].number = 3 + i;
        jobs[i].name = made[i].name;
    }
}

static void reply(struct stage *s, int fd, uint32_t id, struct msg_reply r)
{
    r.id = id;
    stage_send(s, fd, &(struct msg){.type = MSG_REPLY, .reply = r});
}

static void change(struct job_view *j, enum request_verb verb)
{
    if (verb == REQUEST_CANCEL)
        j->state = JOB_CANCELLED;
    else if (verb == REQUEST_PAUSE)
        j->state = JOB_PAUSED;
    else if (verb == REQUEST_RESUME)
        j->state = JOB_QUEUED;
    else if (verb == REQUEST_WATCH && j->number == 3)
        j->state = JOB_DONE; /* it ends while it is watched */
}

static void serve(struct stage *s, int fd)
{
    struct msg_request r;
    while (stage_request(s, fd, 1, &r)) {
        if (r.verb == REQUEST_JOBS) {
            reply(s, fd, r.id,
                  (struct msg_reply){.last = true,
                                     .body = REPLY_JOBS,
                                     .jobs = {.jobs = jobs, .n = ARRAY_SIZE(jobs)}});
            continue;
        }
        struct job_view *j = &jobs[r.job - 3];
        change(j, r.verb);
        bool watched = r.verb == REQUEST_WATCH && j->state < JOB_DONE;
        reply(s, fd, r.id,
              (struct msg_reply){.last = !watched, .body = REPLY_JOB, .job = *j});
    }
}

static struct stage stage;
static struct said said;

static void say(const char *args)
{
    static const struct scene scenes[] = {{false, serve}};
    make_jobs();
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, args);
    stage_close(&stage);
}

/* ---- tests ---- */

static void a_job_goes_by_its_id_in_any_form_or_by_its_name(void **state)
{
    (void)state;
    static const char *const forms[] = {"j-3", "j3", "J-3", "J3", "3", "lecture"};
    char args[32];
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        snprintf(args, sizeof(args), "pause %s", forms[i]);
        say(args);
        assert_int_equal(said.status, EXIT_DONE);
        assert_string_equal(said.out, "j-3 paused\n");
        const struct msg_request *last = &stage.requests[stage.n_requests - 1];
        assert_int_equal(last->verb, REQUEST_PAUSE);
        assert_int_equal(last->job, 3);
        assert_int_equal(stage.n_requests, i + 1 < ARRAY_SIZE(forms) ? 1 : 2);
    }
}

static void a_name_of_several_or_of_none_hits_none(void **state)
{
    (void)state;
    static const struct {
        const char *args, *err;
        int status;
    } rows[] = {
        {"cancel twice",
         "pictl: 2 jobs are called twice: j-4, j-5\nhint: name one by its id\n",
         EXIT_UNKNOWN},
        {"watch thrice",
         "pictl: there is no job 'thrice'\n"
         "hint: pictl jobs lists them, with their ids and names\n",
         EXIT_UNKNOWN},
        {"cancel all",
         "pictl: there is no job 'all'\nhint: for all of them: pictl cancel --all\n",
         EXIT_UNKNOWN},
        {"rm all",
         "pictl: there is no job 'all'\n"
         "hint: pictl rm takes one job; pictl jobs lists them\n",
         EXIT_UNKNOWN},
        {"wait lecture thrice",
         "pictl: there is no job 'thrice'\n"
         "hint: pictl jobs lists them, with their ids and names\n",
         EXIT_UNKNOWN},
        {"extend a/b --trials 5",
         "pictl: 'a/b' names no job\n"
         "hint: a job is named as 'pictl jobs' does: j-1, or by its name\n",
         EXIT_USAGE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        say(rows[i].args);
        assert_string_equal(said.err, rows[i].err);
        assert_string_equal(said.out, "");
        assert_int_equal(said.status, rows[i].status);
    }
}

static void all_are_those_that_it_would_change(void **state)
{
    (void)state;
    say("cancel --all");
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(said.out, "j-3 cancelled\nj-4 cancelled\nj-6 cancelled\n");
    say("pause --all");
    assert_string_equal(said.out, "j-3 paused\nj-6 paused\n");
    say("resume --all");
    assert_string_equal(said.out, "j-4 queued\n");
    say("resume --all --json");
    assert_true(strncmp(said.out, "{\"jobs\":[{\"id\":\"j-4\",", 21) == 0);
    say("pause --all j-3");
    assert_int_equal(said.status, EXIT_USAGE);
    say("pause");
    assert_int_equal(said.status, EXIT_USAGE);
}

static void a_wait_is_for_all_and_one_that_failed_is_a_no(void **state)
{
    (void)state;
    say("wait lecture j-5");
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(said.out, "j-3 done\nj-5 done\n");
    say("wait broken lecture");
    assert_int_equal(said.status, EXIT_NO);
    assert_string_equal(said.out, "j-7 failed\nj-3 done\n");
    say("wait j-6 lecture --timeout 50ms");
    assert_int_equal(said.status, EXIT_TIMEOUT);
    assert_string_equal(said.out, "");
    assert_non_null(strstr(said.err, "time is up before job j-6 has ended"));
    say("wait");
    assert_int_equal(said.status, EXIT_USAGE);
}

/* ---- how long it may take ---- */

static struct job_view submitted;
static double fleet_rate;

static void take_it(struct stage *s, int fd)
{
    struct msg m;
    while (stage_read(s, fd, &m)) {
        struct msg_reply r = {.last = true, .body = REPLY_JOB, .job = submitted};
        if (m.request.verb == REQUEST_STATUS) {
            r.body = REPLY_STATUS;
            r.status = (struct status_view){.version = "0.1.0",
                                            .state = COORD_READY,
                                            .reason = "",
                                            .workers = 2,
                                            .rate = fleet_rate};
        }
        reply(s, fd, m.request.id, r);
    }
}

static const char *outlook(const char *args)
{
    static const struct scene scenes[] = {{false, take_it}};
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, args);
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(said.out, "j-3\n");
    return said.err;
}

static void a_submission_says_how_long_it_takes_where_that_is_long(void **state)
{
    (void)state;
    submitted = stage_job(JOB_QUEUED);
    submitted.rule = STOP_STDERR;
    submitted.trials = 0;
    submitted.until_stderr = 1e-6;
    fleet_rate = 2e9;
    assert_string_equal(outlook("submit --until-stderr 1e-6 --seed 4"),
                        "pictl: about 2.7 T trials, 22 m 30 s at the present rate\n");
    fleet_rate = 0;
    assert_string_equal(outlook("submit --until-stderr 1e-6 --seed 4"),
                        "pictl: about 2.7 T trials\n");
    submitted = stage_job(JOB_QUEUED);
    submitted.trials = UINT64_C(200000000000000);
    fleet_rate = 1e9;
    assert_string_equal(outlook("submit -n 200T --seed 4"),
                        "pictl: about 200 T trials, 2 d 7 h at the present rate\n");
    fleet_rate = 1e10; /* five hours are not so long */
    assert_string_equal(outlook("submit -n 200T --seed 4"), "");
}

/* ---- programs ---- */

static void answer_with_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    while (stage_request(s, fd, 2, &r))
        reply(s, fd, r.id,
              (struct msg_reply){.last = true, .body = REPLY_JOB, .job = submitted});
}

/* An older one takes the job for one of pi's. */
static void a_picoord_that_knows_no_programs_is_noticed(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, answer_with_the_job}};
    submitted = stage_job(JOB_QUEUED);
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --trials 5 --program x --arg 0.5 --wait");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_string_equal(said.out, "");
    assert_non_null(strstr(said.err, ") does not know programs\nhint: "));
    assert_int_equal(stage.n_requests, 2);
    assert_int_equal(stage.requests[1].verb, REQUEST_CANCEL);
    assert_int_equal(stage.requests[1].job, 3);
}

static void a_programs_job_is_asked_for_as_it_was_typed(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, answer_with_the_job}};
    submitted = stage_job(JOB_QUEUED);
    submitted.program = "x";
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address,
          "submit --trials 5 --program x --arg 0.5 --scale 2 --score --expect "
          "77AA0000000000ff --seed 1");
    assert_int_equal(said.status, EXIT_DONE);
    const struct msg_submit *m = &stage.requests[0].submit;
    assert_string_equal(m->program, "x");
    assert_string_equal(m->arg, "0.5");
    assert_float_equal(m->scale, 2, 0);
    assert_true(m->score && m->test_given);
    assert_true(m->test == UINT64_C(0x77aa0000000000ff));
    stage_close(&stage); /* and what was asked */
}

/* ---- one field ---- */

static void tell_status(struct stage *s, int fd)
{
    struct msg m;
    struct job_view j = stage_job(JOB_RUNNING);
    j.name = "lecture";
    j.ci_low = j.ci_high = NAN;
    if (!stage_read(s, fd, &m))
        return;
    reply(s, fd, m.request.id,
          (struct msg_reply){.last = true,
                             .body = REPLY_STATUS,
                             .status = {.version = "0.1.0",
                                        .state = COORD_READY,
                                        .reason = "",
                                        .workers = 7,
                                        .job = &j}});
    stage_drain(s, fd, 1);
}

static void one_field_is_printed_alone(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, tell_status}};
    static const struct {
        const char *field, *out;
    } rows[] = {
        {"pi", "3.1416\n"},     {"hits", "392700\n"},
        {"state", "running\n"}, {"job.state", "running\n"},
        {"name", "lecture\n"},  {"coordinator.state", "ready\n"},
        {"workers", "7\n"},     {"reason", "\n"},
        {"ci_low", "null\n"},
    };
    char args[64];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        snprintf(args, sizeof(args), "status --get %s", rows[i].field);
        stage_open(&stage, scenes, ARRAY_SIZE(scenes));
        pictl(&said, stage.address, args);
        stage_close(&stage);
        assert_string_equal(said.out, rows[i].out);
        assert_string_equal(said.err, "");
        assert_int_equal(said.status, EXIT_DONE);
    }
    static const char *const none[] = {"pie", "job", "job.workers", "coordinator.pi"};
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        snprintf(args, sizeof(args), "status --get %s", none[i]);
        pictl(&said, "127.0.0.1:1", args);
        assert_int_equal(said.status, EXIT_USAGE);
        assert_non_null(strstr(said.err, "pictl: there is no field '"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_goes_by_its_id_in_any_form_or_by_its_name),
        cmocka_unit_test(a_name_of_several_or_of_none_hits_none),
        cmocka_unit_test(all_are_those_that_it_would_change),
        cmocka_unit_test(a_wait_is_for_all_and_one_that_failed_is_a_no),
        cmocka_unit_test(a_submission_says_how_long_it_takes_where_that_is_long),
        cmocka_unit_test(a_picoord_that_knows_no_programs_is_noticed),
        cmocka_unit_test(a_programs_job_is_asked_for_as_it_was_typed),
        cmocka_unit_test(one_field_is_printed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
