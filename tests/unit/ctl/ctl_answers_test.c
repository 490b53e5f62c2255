// SPDX-License-Identifier: MIT
/*
 * What pictl makes of answers that are short, mixed, wrong or late; of names as long as
 * they may be; and of jobs and readers that end before it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/base.h"
#include "common/base/exit.h"
#include "ctl/lib/ctl.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/ctl_stage.h"
#include "tests/lib/scratch.h"

static struct said said;

static void play(const char *args, void (*scene)(struct stage *s, int fd))
{
    const struct scene scenes[] = {{false, scene}};
    struct stage stage;
    stage_open(&stage, scenes, 1);
    pictl(&said, stage.address, args);
    stage_close(&stage);
}

static void reply(struct stage *s, int fd, uint32_t id, struct msg_reply r)
{
    r.id = id;
    stage_send(s, fd, &(struct msg){.type = MSG_REPLY, .reply = r});
}

/* ---- answers that do not fit ---- */

static void end_the_backup_early(struct stage *s, int fd)
{
    struct msg_request r;
    struct msg_reply piece = {
        .last = true,
        .body = REPLY_BACKUP,
        .backup = {.size = 9, .data = (const uint8_t *)"four", .bytes = 4}};
    if (stage_request(s, fd, 1, &r))
        reply(s, fd, r.id, piece);
    stage_drain(s, fd, 1);
}

static void a_short_backup_is_none(void **state)
{
    (void)state;
    char args[128];
    snprintf(args, sizeof(args), "backup %s", scratch("file"));
    play(args, end_the_backup_early);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_int_equal(scratch_count(scratch_folder), 0);
}

static void send_a_ledger_of_nothing(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        reply(s, fd, r.id, (struct msg_reply){.last = true, .body = REPLY_LEDGER});
    stage_drain(s, fd, 1);
}

static void a_ledger_has_a_job(void **state)
{
    (void)state;
    play("ledger", send_a_ledger_of_nothing);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_string_equal(said.out, "");
}

static void send_jobs_and_then_a_job(struct stage *s, int fd)
{
    struct msg_request r;
    struct job_view j = stage_job(JOB_RUNNING);
    if (stage_request(s, fd, 1, &r)) {
        reply(s, fd, r.id,
              (struct msg_reply){.body = REPLY_JOBS, .jobs = {.jobs = &j, .n = 1}});
        stage_reply_job(s, fd, r.id, true, JOB_RUNNING);
    }
    stage_drain(s, fd, 1);
}

static void answers_of_two_kinds_are_none(void **state)
{
    (void)state;
    play("jobs", send_jobs_and_then_a_job);
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_string_equal(said.out, "");
}

/* ---- jobs that end, and do not ---- */

static void run_on(struct stage *s, int fd)
{
    struct msg_request r;
    while (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, r.verb != REQUEST_WATCH, JOB_RUNNING);
}

static void take_it_and_fail(struct stage *s, int fd)
{
    struct msg_request r;
    while (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_FAILED);
}

static void an_extension_is_waited_for_as_long_as_it_says(void **state)
{
    (void)state;
    play("extend j-3 --trials 9M --wait --timeout 50ms", run_on);
    assert_int_equal(said.status, EXIT_TIMEOUT);
    assert_non_null(strstr(said.err, "time is up before job j-3 has ended"));
}

static void a_job_that_failed_is_shown_like_one_that_did_not(void **state)
{
    (void)state;
    play("submit -n 1M --wait", take_it_and_fail);
    assert_int_equal(said.status, EXIT_NO);
    assert_non_null(strstr(said.out, "hits           392700\n"));
}

static void pause_it(struct stage *s, int fd)
{
    struct msg_request r;
    if (!stage_request(s, fd, 0, &r)) /* without workers */
        return;
    stage_reply_job(s, fd, r.id, false, JOB_PAUSED);
    struct msg m;
    bool asked = false;
    while (!asked && stage_read(s, fd, &m)) {
        asked = m.type == MSG_REQUEST && m.request.verb == REQUEST_STATUS;
        if (asked)
            reply(s, fd, m.request.id,
                  (struct msg_reply){.last = true,
                                     .body = REPLY_STATUS,
                                     .status = {.version = "0.1.0",
                                                .protocol = 1,
                                                .state = COORD_READY,
                                                .reason = ""}});
    }
    stage_reply_job(s, fd, r.id, true, JOB_CANCELLED);
    stage_drain(s, fd, 0);
}

static void a_paused_job_needs_no_workers(void **state)
{
    (void)state;
    play("watch j-3", pause_it);
    assert_int_equal(said.status, EXIT_NO);
    assert_null(strstr(said.err, "no workers"));
}

/* ---- several jobs ---- */

static struct job_view jobs[9];
static size_t n_jobs;

static void have_jobs(struct stage *s, int fd)
{
    struct msg_request r;
    while (stage_request(s, fd, 1, &r))
        if (r.verb == REQUEST_JOBS)
            reply(s, fd, r.id,
                  (struct msg_reply){.last = true,
                                     .body = REPLY_JOBS,
                                     .jobs = {.jobs = jobs, .n = n_jobs}});
        else if (r.job == 3)
            stage_reply_error(s, fd, r.id, ERROR_NOT_POSSIBLE); /* it has just ended */
        else
            reply(s, fd, r.id,
                  (struct msg_reply){
                      .last = true, .body = REPLY_JOB, .job = jobs[r.job - 3]});
}

static void make_jobs(size_t n, const char *name)
{
    n_jobs = n;
    for (size_t i = 0; i < n; i++) {
        jobs[i] = stage_job(JOB_RUNNING);
        jobs[i].number = 3 + i;
        jobs[i].name = name;
    }
}

static void all_are_asked_though_one_says_no(void **state)
{
    (void)state;
    make_jobs(2, "");
    play("cancel --all", have_jobs);
    assert_int_equal(said.status, EXIT_NO);
    assert_string_equal(said.out, "j-4 running\n");
    assert_string_equal(said.err, "pictl: it is not there\nhint: look elsewhere\n");
}

static void eight_of_a_name_are_listed(void **state)
{
    (void)state;
    make_jobs(8, "night");
    play("watch night", have_jobs);
    assert_string_equal(said.err, "pictl: 8 jobs are called night: j-3, j-4, j-5, j-6, "
                                  "j-7, j-8, j-9, j-10\nhint: name one by its id\n");
    make_jobs(9, "night");
    play("watch night", have_jobs);
    assert_string_equal(said.err,
                        "pictl: 9 jobs are called night: j-3, j-4, j-5, j-6, j-7, j-8, "
                        "j-9, j-10, ...\nhint: name one by its id\n");
}

static void a_name_has_32_letters_at_most(void **state)
{
    (void)state;
    make_jobs(1, "night");
    play("watch a2345678901234567890123456789012", have_jobs);
    assert_int_equal(said.status, EXIT_UNKNOWN);
    play("watch a23456789012345678901234567890123", have_jobs);
    assert_int_equal(said.status, EXIT_USAGE);
}

static void the_one_in_doubt_is_named(void **state)
{
    (void)state;
    make_jobs(3, "");
    jobs[1].doubt = "it is";
    play("jobs", have_jobs);
    assert_string_equal(said.err, "?: in doubt; pictl status j-4 says why\n");
}

/* ---- the coordinator ---- */

static void welcome_as_another(struct stage *s, int fd, uint32_t heartbeat_ms)
{
    struct msg m;
    if (stage_read(s, fd, &m))
        stage_send(s, fd,
                   &(struct msg){.type = MSG_WELCOME,
                                 .welcome = {.protocol = 1,
                                             .version = "9.8.7",
                                             .heartbeat_ms = heartbeat_ms,
                                             .silent_ms = 6000,
                                             .name = ""}});
}

static void be_newer(struct stage *s, int fd)
{
    welcome_as_another(s, fd, 2000);
    stage_drain(s, fd, 1);
}

static void each_has_its_version(void **state)
{
    (void)state;
    static const struct scene scene = {true, be_newer};
    struct stage stage;
    char expected[64];
    stage_open(&stage, &scene, 1);
    pictl(&said, stage.address, "version");
    stage_close(&stage);
    snprintf(expected, sizeof(expected), "\npicoord 9.8.7 protocol 1 at %s\n",
             stage.address);
    assert_non_null(strstr(said.out, expected));
}

/* It shows the job, and is silent for seven seconds; then, if nobody has left, for so
 * long that any wait is over. */
static void fall_silent(struct stage *s, int fd)
{
    struct msg m;
    welcome_as_another(s, fd, 20);
    for (bool shown = false; !shown && stage_read(s, fd, &m);) {
        shown = m.type == MSG_REQUEST && m.request.verb == REQUEST_WATCH;
        if (shown)
            stage_reply_job(s, fd, m.request.id, false, JOB_RUNNING);
    }
    clock_leap(7000);
    while (stage_read(s, fd, &m))
        ;
}

static void show_its_end(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_DONE);
    stage_drain(s, fd, 1);
}

static void who_is_silent_is_left_and_asked_again(void **state)
{
    (void)state;
    static const struct scene scenes[] = {{true, fall_silent}, {false, show_its_end}};
    struct stage stage;
    stage_open(&stage, scenes, 2);
    pictl(&said, stage.address, "watch j-3 --timeout 12s");
    stage_close(&stage);
    assert_non_null(
        strstr(said.err, "the coordinator has fallen silent; trying again"));
    assert_int_equal(said.status, EXIT_DONE);
}

/* ---- who reads, and what it is told ---- */

static void a_reader_may_leave(void **state)
{
    (void)state;
    static const struct scene scene = {false, run_on};
    struct stage stage;
    int pipe_[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(pipe_), 0);
    close(pipe_[0]);
    stage_open(&stage, &scene, 1);
    assert_int_equal(
        pictl_on(pipe_[1], "watch j-3 --plaintext --coordinator %s", stage.address),
        EXIT_DONE);
    stage_close(&stage);
    close(pipe_[1]);
    clearerr(stdout);
}

static void a_loose_join_file_is_told_and_the_token_is_wiped(void **state)
{
    (void)state;
    static const struct endpoint none;
    struct ctl ctl = {.table = NULL};
    struct endpoint endpoint = {.host = "127.0.0.1",
                                .port = "1",
                                .where = "127.0.0.1:1",
                                .token = {1, 2, 3},
                                .warning = {.what = "it is loose", .hint = "tighten"}};
    caught_begin(2);
    ctl_use(&ctl, &endpoint);
    assert_string_equal(caught_end(2), "pictl: warning: it is loose\nhint: tighten\n");
    assert_memory_equal(&endpoint, &none, sizeof(none));
    ctl_close(&ctl);
}

/* ---- verify ---- */

#define LEDGER(hits, trials)                                                           \
    "{\"job\":{\"id\":\"j-3\",\"state\":\"done\",\"seed\":\"42\",\"trials\":\"" trials \
    "\",\"done\":\"" trials "\",\"hits\":\"" hits                                      \
    "\",\"uid\":\"00000000000000000000000000000000\"},\"first\":[0],\"count\":["       \
    "\"" trials "\"],\"done\":[\"" trials "\"],\"hits\":[\"" hits "\"]}"

static void verify(const char *ledger)
{
    char args[128];
    scratch_write(scratch("ledger"), ledger, 0600);
    snprintf(args, sizeof(args), "verify %s --all", scratch("ledger"));
    pictl(&said, "127.0.0.1:1", args);
}

static void a_mismatch_is_a_no_and_so_is_a_ledger_that_cannot_be(void **state)
{
    (void)state;
    verify(LEDGER("77", "100"));
    assert_int_equal(said.status, EXIT_DONE);
    verify(LEDGER("78", "100"));
    assert_int_equal(said.status, EXIT_NO);
    assert_non_null(strstr(said.out, "different"));
    verify(LEDGER("101", "100"));
    assert_int_equal(said.status, EXIT_NO);
    verify(LEDGER("77", "9000000000000000000")); /* no number of trials */
    assert_int_equal(said.status, EXIT_NO);
    verify("{}");
    assert_int_equal(said.status, EXIT_USAGE);
}

static atomic_bool ended;

static void do_nothing(int signum)
{
    (void)signum;
}

/* Until pictl heeds it. */
static void *interrupt_all_the_time(void *arg)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    (void)arg;
    while (!atomic_load(&ended)) {
        kill(getpid(), SIGTERM);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void an_interrupted_verify_says_by_what(void **state)
{
    (void)state;
    pthread_t thread;
    signal(SIGTERM, do_nothing);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_all_the_time, NULL), 0);
    verify(LEDGER("3000000000000000000", "4000000000000000000")); /* for centuries */
    atomic_store(&ended, true);
    pthread_join(thread, NULL);
    signal(SIGTERM, SIG_DFL);
    assert_int_equal(said.status, EXIT_SIGNAL + SIGTERM);
    assert_string_equal(said.out, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_short_backup_is_none),
        cmocka_unit_test(a_ledger_has_a_job),
        cmocka_unit_test(answers_of_two_kinds_are_none),
        cmocka_unit_test(an_extension_is_waited_for_as_long_as_it_says),
        cmocka_unit_test(a_job_that_failed_is_shown_like_one_that_did_not),
        cmocka_unit_test(a_paused_job_needs_no_workers),
        cmocka_unit_test(all_are_asked_though_one_says_no),
        cmocka_unit_test(eight_of_a_name_are_listed),
        cmocka_unit_test(a_name_has_32_letters_at_most),
        cmocka_unit_test(the_one_in_doubt_is_named),
        cmocka_unit_test(each_has_its_version),
        cmocka_unit_test(who_is_silent_is_left_and_asked_again),
        cmocka_unit_test(a_reader_may_leave),
        cmocka_unit_test(a_loose_join_file_is_told_and_the_token_is_wiped),
        TEST(a_mismatch_is_a_no_and_so_is_a_ledger_that_cannot_be),
        TEST(an_interrupted_verify_says_by_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
