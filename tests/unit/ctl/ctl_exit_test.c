// SPDX-License-Identifier: MIT
/*
 * The exit codes of pictl, each way to each of them, against a fake coordinator.  Of 7,
 * an answer that cannot be written is in tests/e2e.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/base.h"
#include "common/base/exit.h"
#include "tests/lib/ctl_stage.h"
#include "tests/lib/scratch.h"

/* ---- what the coordinator does ---- */

static enum error_code error;

static void answer_with_the_error(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_error(s, fd, r.id, error);
    stage_drain(s, fd, 1);
}

static enum job_state job_state;

static void answer_with_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    while (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, job_state >= JOB_DONE, job_state);
}

static void list_a_job(struct stage *s, int fd)
{
    struct msg_request r;
    struct job_view j = stage_job(job_state);
    while (stage_request(s, fd, 1, &r)) {
        struct msg m = {.type = MSG_REPLY,
                        .reply = {.id = r.id,
                                  .last = true,
                                  .body = REPLY_JOBS,
                                  .jobs = {.jobs = &j, .n = 1}}};
        if (r.verb == REQUEST_JOBS)
            stage_send(s, fd, &m);
        else
            stage_reply_job(s, fd, r.id, job_state >= JOB_DONE, job_state);
    }
}

static enum refusal_code refusal;

static void refuse(struct stage *s, int fd)
{
    struct msg hello;
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = refusal, .sentence = "no", .hint = ""}};
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

static void be_another_service(struct stage *s, int fd)
{
    (void)s;
    char rest[256];
    ssize_t n = write(fd, "220 mail\r\n", 10);
    while (n > 0)
        n = read(fd, rest, sizeof(rest));
}

static void hang_up(struct stage *s, int fd)
{
    struct msg_request r;
    stage_request(s, fd, 1, &r);
}

static void interrupt(struct stage *s, int fd)
{
    struct msg_request r;
    stage_request(s, fd, 1, &r);
    kill(getpid(), SIGINT);
    stage_drain(s, fd, 1);
}

/* ---- the table ---- */

struct row {
    const char *args;
    int status;
    void (*play)(struct stage *s, int fd);
    bool raw;
    int what; /* the error, state or refusal */
};

static const struct row rows[] = {
    {"cancel j-3", EXIT_DONE, answer_with_the_job, false, JOB_CANCELLED},
    {"watch j-3", EXIT_DONE, answer_with_the_job, false, JOB_DONE},
    {"wait j-3", EXIT_DONE, list_a_job, false, JOB_DONE},
    {"watch j-3", EXIT_NO, answer_with_the_job, false, JOB_FAILED},
    {"watch j-3", EXIT_NO, answer_with_the_job, false, JOB_CANCELLED},
    {"wait j-3", EXIT_NO, list_a_job, false, JOB_CANCELLED},
    {"submit --trials 5 --wait", EXIT_NO, answer_with_the_job, false, JOB_FAILED},
    {"resume j-3", EXIT_NO, answer_with_the_error, false, ERROR_NOT_POSSIBLE},
    {"submit --trials 5", EXIT_USAGE, answer_with_the_error, false, ERROR_BAD_REQUEST},
    {"jobs", EXIT_UNREACHED, refuse, true, REFUSAL_FULL},
    {"jobs", EXIT_UNREACHED, hang_up, false, 0},
    {"token show", EXIT_REFUSED, refuse, true, REFUSAL_TOKEN},
    {"token show", EXIT_REFUSED, refuse, true, REFUSAL_ROLE},
    {"jobs", EXIT_REFUSED, refuse, true, REFUSAL_PLAINTEXT},
    {"workers", EXIT_REFUSED, refuse, true, REFUSAL_PROTOCOL},
    {"status", EXIT_REFUSED, be_another_service, true, 0},
    {"jobs", EXIT_REFUSED, answer_with_the_job, false, JOB_DONE}, /* not a list */
    {"history", EXIT_UNKNOWN, answer_with_the_error, false, ERROR_NO_SUCH_JOB},
    {"kick nobody", EXIT_UNKNOWN, answer_with_the_error, false, ERROR_NO_SUCH_WORKER},
    {"wait j-9", EXIT_UNKNOWN, list_a_job, false, JOB_DONE},
    {"cancel nosuch", EXIT_UNKNOWN, list_a_job, false, JOB_DONE},
    {"watch j-3 --timeout 50ms", EXIT_TIMEOUT, answer_with_the_job, false, JOB_RUNNING},
    {"wait j-3 --timeout 50ms", EXIT_TIMEOUT, list_a_job, false, JOB_RUNNING},
    {"submit --trials 5 --wait --timeout 50ms", EXIT_TIMEOUT, answer_with_the_job,
     false, JOB_RUNNING},
    {"submit --trials 5", EXIT_LOCAL, answer_with_the_error, false, ERROR_STORAGE},
    {"watch j-3", EXIT_SIGNAL + SIGINT, interrupt, false, 0},
};

static void each_way_to_end_has_its_exit_code(void **state)
{
    (void)state;
    struct said said;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        const struct scene scene = {row->raw, row->play};
        struct stage stage;
        error = (enum error_code)row->what;
        job_state = (enum job_state)row->what;
        refusal = (enum refusal_code)row->what;
        stage_open(&stage, &scene, 1);
        pictl(&said, stage.address, row->args);
        stage_close(&stage);
        if (said.status != row->status)
            fail_msg("pictl %s (row %zu) ends with %d, not %d: %s", row->args, i,
                     said.status, row->status, said.err);
        bool told = *said.err != '\0';
        assert_true(told || row->status == EXIT_DONE || row->status == EXIT_NO);
    }
}

static void without_a_coordinator(void **state)
{
    (void)state;
    static const struct {
        const char *args;
        int status;
    } none[] = {
        {"jobs --plaintext --coordinator 127.0.0.1:1", EXIT_UNREACHED},
        {"wait j-1 --plaintext --coordinator 127.0.0.1:1", EXIT_UNREACHED},
        {"jobs --plaintext --coordinator no-such-host.invalid", EXIT_UNREACHED},
        {"jobs", EXIT_UNREACHED},
        {"jobs --contact-file none/there", EXIT_UNREACHED},
        {"jobs --join-file none/there", EXIT_LOCAL},
        {"jobs --coordinator x:y", EXIT_USAGE},
        {"jobs extra", EXIT_USAGE},
        {"verify none/there", EXIT_LOCAL},
        {"help", EXIT_DONE},
    };
    struct said said;
    setenv("XDG_RUNTIME_DIR", scratch_folder, 1); /* where no picoord is */
    unsetenv("PI_JOIN");
    unsetenv("PI_COORDINATOR");
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        pictl_line(&said, "%s", none[i].args);
        if (said.status != none[i].status)
            fail_msg("pictl %s ends with %d, not %d: %s", none[i].args, said.status,
                     none[i].status, said.err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_end_has_its_exit_code),
        cmocka_unit_test_setup_teardown(without_a_coordinator, scratch_make,
                                        scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
