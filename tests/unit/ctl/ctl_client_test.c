// SPDX-License-Identifier: MIT
/*
 * pictl's subcommands against a fake coordinator, a thread of this test: retries,
 * output, and exit codes.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "ctl/command_table.h"
#include "tests/lib/ctl_stage.h"

/* ---- scenes and tests ---- */

static void hang_up_on_the_request(struct stage *s, int fd)
{
    struct msg_request r;
    stage_request(s, fd, 1, &r);
}

static void take_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_QUEUED);
    stage_drain(s, fd, 1);
}

static void a_submit_that_was_cut_off_is_sent_again_under_its_id(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, hang_up_on_the_request},
                                          {false, take_the_job}};
    static const uint8_t zeros[UID_BYTES];
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --trials 1M --seed 42 --name demo");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(said.out, "j-3\n");
    assert_string_equal(said.err, "");
    assert_int_equal(stage.n_requests, 2);
    const struct msg_submit *one = &stage.requests[0].submit;
    assert_memory_equal(one->request, stage.requests[1].submit.request, UID_BYTES);
    assert_memory_not_equal(one->request, zeros, UID_BYTES);
    assert_int_equal(one->trials, 1000000);
    assert_true(one->seed_given && one->seed == 42 && one->weight == 1);
}

static void take_the_job_without_workers(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 0, &r))
        stage_reply_job(s, fd, r.id, true, JOB_QUEUED);
    stage_drain(s, fd, 0);
}

static void a_job_that_nobody_computes_is_pointed_out(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, take_the_job_without_workers}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --until-stderr 1e-6");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(said.out, "j-3\n");
    assert_string_equal(
        said.err,
        "seed 42\n"
        "pictl: job j-3 queued: no workers attached, nothing will run yet\n"
        "hint: start piworker here, or elsewhere with the line that 'pictl token show' "
        "prints\n");
}

static void take_the_job_show_it_and_die(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_QUEUED);
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, false, JOB_RUNNING);
}

static void show_its_end(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_DONE);
    stage_drain(s, fd, 1);
}

static void waiting_survives_a_restart_of_the_coordinator(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, take_the_job_show_it_and_die},
                                          {false, show_its_end}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "submit --trials 1M --wait");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_DONE);
    assert_non_null(
        strstr(said.out, "\nhits           785477\ntrials         1000000\n"));
    assert_non_null(strstr(said.err, "j-3 running 50.0%"));
    assert_non_null(strstr(said.err, "; trying again\n"));
    assert_non_null(strstr(said.err, "j-3 done 100.0%"));
    assert_int_equal(stage.n_requests, 3);
    assert_int_equal(stage.requests[2].verb, REQUEST_WATCH);
    assert_int_equal(stage.requests[2].job, 3); /* the same, whatever came after */
}

static void show_a_failure(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_FAILED);
    stage_drain(s, fd, 1);
}

static void a_watched_job_that_fails_is_a_no(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, show_a_failure}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "watch --json");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_NO);
    assert_non_null(strstr(said.out, "\"state\":\"failed\""));
    assert_non_null(strstr(said.out, "\"trials\":\"1000000\""));
}

static void show_no_end(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, false, JOB_RUNNING);
    stage_drain(s, fd, 1);
}

static void a_timeout_ends_the_watch_and_not_the_job(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, show_no_end}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "watch j-3 --timeout 50ms");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_TIMEOUT);
    assert_string_equal(said.err,
                        "pictl: time is up before job j-3 has ended; it goes on\n"
                        "hint: pictl watch j-3\n");
    assert_int_equal(stage.n_requests, 1);
}

static void show_it_and_press_ctrl_c(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, false, JOB_RUNNING);
    /* Its next request proves that it has read the reply and sits in its loop. */
    struct msg m;
    if (stage_read(s, fd, &m))
        kill(getpid(), SIGINT);
    stage_drain(s, fd, 1);
}

static void ctrl_c_ends_the_watch_and_not_the_job(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, show_it_and_press_ctrl_c}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "watch j-3");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_SIGNAL + SIGINT);
    assert_int_equal(stage.n_requests, 1);
}

static void miss_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_error(s, fd, r.id, ERROR_NO_SUCH_JOB);
    stage_drain(s, fd, 1);
}

static void an_error_reply_is_two_lines_and_its_exit_code(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{false, miss_the_job}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "cancel j-9");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_UNKNOWN);
    assert_string_equal(said.err, "pictl: it is not there\nhint: look elsewhere\n");
    assert_string_equal(said.out, "");
    assert_int_equal(stage.requests[0].job, 9);
}

static void refuse(struct stage *s, int fd)
{
    struct msg hello;
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = REFUSAL_PROTOCOL,
                                .sentence = "no common protocol version",
                                .hint = "upgrade pictl",
                                .protocol_min = 2,
                                .protocol_max = 4}};
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &m);
}

static void a_refusal_is_passed_on_with_its_hint(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{true, refuse}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "status");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_non_null(strstr(said.err, " speaks protocol 2 to 4, this pictl " PI_VERSION
                                     " speaks 1\nhint: upgrade pictl\n"));
}

static void greet_as_another_service(struct stage *s, int fd)
{
    (void)s;
    static const char banner[] = "SSH-2.0-OpenSSH_9.2\r\n";
    ssize_t sent = write(fd, banner, sizeof(banner) - 1);
    uint8_t rest[256];
    while (sent > 0 && read(fd, rest, sizeof(rest)) > 0)
        ;
}

static void another_service_is_called_what_it_is(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{true, greet_as_another_service}};
    struct stage stage;
    struct said said;
    stage_open(&stage, scenes, ARRAY_SIZE(scenes));
    pictl(&said, stage.address, "status");
    stage_close(&stage);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_non_null(strstr(said.err, "is not a picoord"));
    assert_non_null(strstr(said.err, "SSH-2.0"));
}

static void nobody_there_is_not_reached(void **state)
{
    (void)state;
    struct stage stage;
    struct said said;
    stage_open(&stage, NULL, 0);
    stage_close(&stage);
    pictl(&said, stage.address, "submit --trials 5");
    assert_int_equal(said.status, EXIT_UNREACHED);
    assert_non_null(strstr(said.err, "cannot reach 127.0.0.1:"));
    assert_non_null(strstr(said.err, "connection refused"));
    assert_non_null(strstr(said.err, "\nhint: "));
    assert_string_equal(said.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submit_that_was_cut_off_is_sent_again_under_its_id),
        cmocka_unit_test(a_job_that_nobody_computes_is_pointed_out),
        cmocka_unit_test(waiting_survives_a_restart_of_the_coordinator),
        cmocka_unit_test(a_watched_job_that_fails_is_a_no),
        cmocka_unit_test(a_timeout_ends_the_watch_and_not_the_job),
        cmocka_unit_test(ctrl_c_ends_the_watch_and_not_the_job),
        cmocka_unit_test(an_error_reply_is_two_lines_and_its_exit_code),
        cmocka_unit_test(a_refusal_is_passed_on_with_its_hint),
        cmocka_unit_test(another_service_is_called_what_it_is),
        cmocka_unit_test(nobody_there_is_not_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
