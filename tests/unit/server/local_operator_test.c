// SPDX-License-Identifier: MIT
/*
 * What picoord wants of its own coordinator, in front of a net that is the test's: with
 * which status it leaves, what it prints, and when.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cli/term.h"
#include "common/sys/log.h"
#include "server/local_operator.h"
#include "server/net/net.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/golden.h"
#include "tests/lib/report_rig.h"

enum { TURNS = 100, NOT_YET = -1 };

static struct {
    uv_loop_t loop;
    struct core core;
    struct server_options options;
    struct local_operator *self;
    struct msg_submit submitted;
    conn_id by;
    unsigned submissions, status_asked, done;
    uint64_t asked_job;
    int status;
} now;

/* ---- in place of server/net/net.c ---- */

bool net_query(struct net *n, const struct msg_request *request, reply_sink *sink,
               void *ctx)
{
    (void)n;
    if (request->verb == REQUEST_STATUS) {
        now.status_asked++;
        now.asked_job = request->job;
    }
    return core_ask(&now.core, request, sink, ctx);
}

void net_input(struct net *n, struct input *input)
{
    (void)n;
    assert_int_equal(input->type, INPUT_MESSAGE);
    assert_int_equal(input->message->type, MSG_REQUEST);
    assert_int_equal(input->message->request.verb, REQUEST_SUBMIT);
    now.by = input->conn;
    now.submitted = input->message->request.submit;
    now.submissions++;
}

/* ---- helpers ---- */

static void on_done(void *ctx, int status)
{
    (void)ctx;
    now.done++;
    now.status = status;
}

static int begin(void **state)
{
    (void)state;
    memset(&now, 0, sizeof(now));
    now.core = core_of_own_values();
    now.core.job.doubt = "";
    now.options = (struct server_options){.exit_when_done = true};
    now.status = NOT_YET;
    return uv_loop_init(&now.loop);
}

static void come(void)
{
    now.self = local_operator_new(&now.loop, NULL, &now.options, on_done, NULL);
}

static int end(void **state)
{
    (void)state;
    local_operator_close(now.self);
    local_operator_close(NULL);
    uv_run(&now.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&now.loop);
}

static void turn(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        uv_run(&now.loop, UV_RUN_NOWAIT);
}

static void happens(enum event_type type, uint64_t number)
{
    local_operator_event(now.self,
                         &(struct event){.type = type, .job = {"", number, 1}});
}

static void is_submitted(const struct job_view *j)
{
    local_operator_reply(
        now.self, &(struct msg){.type = MSG_REPLY,
                                .reply = {.last = true, .body = REPLY_JOB, .job = *j}});
}

/* ---- how it ends ---- */

static const struct {
    enum event_type event;
    enum job_state state;
    uint32_t active;
    const char *doubt;
    int status;
} ends[] = {
    {EVENT_JOB_DONE, JOB_DONE, 0, "", 0},
    {EVENT_JOB_CANCELLED, JOB_CANCELLED, 0, "", 1},
    {EVENT_JOB_FAILED, JOB_FAILED, 0, "", 1},
    {EVENT_JOB_DONE, JOB_DONE, 0, "5 trials are wrong", 0},
    {EVENT_JOB_DONE, JOB_DONE, 1, "", NOT_YET}, /* another one goes on */
    {EVENT_JOB_STARTED, JOB_RUNNING, 0, "", NOT_YET},
    {EVENT_JOB_PAUSED, JOB_PAUSED, 0, "", NOT_YET},
    {EVENT_WORKER_LOST, JOB_DONE, 0, "", NOT_YET},
};

static void it_leaves_with_the_status_of_its_job(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        begin(state);
        now.core.job.state = ends[i].state;
        now.core.job.doubt = ends[i].doubt;
        now.core.status.jobs_active = ends[i].active;
        come();
        caught_begin(STDOUT_FILENO);
        caught_begin(STDERR_FILENO);
        happens(ends[i].event, now.core.job.number);
        turn(TURNS);
        const char *err = caught_end(STDERR_FILENO), *out = caught_end(STDOUT_FILENO);
        assert_int_equal(now.status, ends[i].status);
        assert_int_equal(now.done, ends[i].status != NOT_YET);
        assert_int_equal(*out != '\0', ends[i].status != NOT_YET);
        assert_int_equal(
            strstr(err, "picoord: the job is in doubt: 5 trials are wrong\n") != NULL,
            *ends[i].doubt != '\0');
        end(state);
    }
}

static void without_exit_when_done_it_stays(void **state)
{
    (void)state;
    now.options.exit_when_done = false;
    now.core.job.state = JOB_DONE;
    now.core.status.jobs_active = 0;
    come();
    happens(EVENT_JOB_DONE, now.core.job.number);
    clock_leap(20000);
    turn(TURNS);
    assert_int_equal(now.done, 0);
    assert_int_equal(now.status_asked, 0);
}

static void a_job_of_an_earlier_life_is_no_answer(void **state)
{
    (void)state;
    now.core.job.state = JOB_DONE;
    now.core.status.jobs_active = 0;
    come();
    caught_begin(STDOUT_FILENO);
    clock_leap(1000);
    turn(TURNS);
    assert_string_equal(caught_end(STDOUT_FILENO), "");
    assert_true(now.status_asked > 0);
    assert_int_equal(now.done, 0);
}

static void the_answer_is_whole(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        begin(state);
        now.core.job.state = JOB_DONE;
        now.core.status.jobs_active = 0;
        now.options.json = json;
        come();
        caught_begin(STDOUT_FILENO);
        happens(EVENT_JOB_DONE, now.core.job.number);
        turn(TURNS);
        golden(json ? "picoord-answer.json" : "picoord-answer.txt",
               caught_end(STDOUT_FILENO));
        end(state);
    }
}

/* ---- the job of --trials ---- */

static void its_job_is_asked_for_once(void **state)
{
    (void)state;
    come();
    local_operator_submit(now.self);
    assert_int_equal(now.submissions, 0); /* there is none */
    now.options.trials = 1000;
    now.options.seed = 77;
    now.options.seed_given = true;
    local_operator_submit(now.self);
    assert_int_equal(now.submissions, 1);
    assert_int_equal(now.by, CONN_LOCAL);
    assert_int_equal(now.submitted.rule, STOP_TRIALS);
    assert_int_equal(now.submitted.trials, 1000);
    assert_true(now.submitted.seed_given);
    assert_int_equal(now.submitted.seed, 77);
    assert_int_equal(now.submitted.weight, 1);
    assert_memory_equal(now.submitted.request, "picoord --trials", UID_BYTES);
}

static const struct {
    uint64_t trials, seed; /* asked for; seed 0: none was given */
    enum job_state state;  /* of j-18, with 200 G trials and seed 19 */
    int status;
} submissions[] = {
    {UINT64_C(200000000000), 0, JOB_DONE, 0},
    {UINT64_C(200000000000), 19, JOB_DONE, 0},
    {UINT64_C(200000000000), 19, JOB_CANCELLED, 1},
    {UINT64_C(200000000000), 19, JOB_RUNNING, NOT_YET},
    {UINT64_C(200000000000), 20, JOB_DONE, 2},
    {UINT64_C(200000000001), 0, JOB_DONE, 2},
    {UINT64_C(100000000000), 19, JOB_RUNNING, 2},
};

static void an_earlier_job_is_taken_up_if_it_is_the_same(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(submissions); i++) {
        begin(state);
        now.core.job.state = submissions[i].state;
        now.core.status.jobs_active = submissions[i].state == JOB_RUNNING;
        now.options.trials = submissions[i].trials;
        now.options.seed = submissions[i].seed;
        now.options.seed_given = submissions[i].seed != 0;
        come();
        caught_begin(STDOUT_FILENO);
        caught_begin(STDERR_FILENO);
        is_submitted(&now.core.job);
        turn(TURNS);
        const char *err = caught_end(STDERR_FILENO);
        caught_end(STDOUT_FILENO);
        assert_int_equal(now.status, submissions[i].status);
        if (now.status == 2)
            assert_non_null(strstr(
                err,
                "picoord: the job of --trials in this state directory is j-18, with "
                "200000000000 trials and seed 19\nhint: leave out --trials"));
        else
            assert_non_null(
                strstr(err, "job of --trials job=j-18 trials=200000000000 seed=19\n"));
        if (now.status == 0)
            assert_int_equal(now.asked_job, 18);
        end(state);
    }
}

static void a_refused_job_ends_it(void **state)
{
    (void)state;
    come();
    struct msg m = {.type = MSG_REPLY, .reply = {.last = true, .body = REPLY_ERROR}};
    m.reply.error.message = "there are too many";
    m.reply.error.hint = "wait";
    caught_begin(STDERR_FILENO);
    local_operator_reply(NULL, &m);
    local_operator_reply(now.self, &m);
    turn(TURNS);
    assert_non_null(
        strstr(caught_end(STDERR_FILENO),
               "ERROR cannot do that reason=\"there are too many\" hint=wait\n"));
    assert_int_equal(now.status, 1);
}

/* ---- while it runs ---- */

static unsigned lines(const char *text)
{
    unsigned n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* It looks each second, and says so each five. */
static void progress_is_a_line_each_five_seconds(void **state)
{
    (void)state;
    now.core.job.state = JOB_RUNNING;
    now.core.job.reason = "no workers attached";
    come();
    caught_begin(STDERR_FILENO);
    for (int i = 0; i < 22; i++) {
        clock_leap(500);
        turn(1);
    }
    const char *said = caught_end(STDERR_FILENO);
    assert_int_equal(lines(said), 2);
    assert_non_null(strstr(said, "j-18 running 62.9% "));
    assert_non_null(
        strstr(said, "no workers attached: run piworker, or add --spawn 2"));
    assert_int_equal(now.status_asked, 11);
    now.options.spawn = 2;
    caught_begin(STDERR_FILENO);
    clock_leap(5000);
    turn(1);
    assert_null(strstr(caught_end(STDERR_FILENO), "run piworker"));
}

/* What has been written to the terminal up to now. */
static void hear_terminal(int terminal, char *ret, size_t size)
{
    struct pollfd p = {.fd = terminal, .events = POLLIN};
    size_t n = 0;
    fputc('$', stderr); /* the end of it, which comes when the terminal has all */
    for (ret[0] = '\0'; !strchr(ret, '$'); ret[n] = '\0') {
        assert_int_equal(poll(&p, 1, 60000), 1);
        ssize_t more = read(terminal, ret + n, size - 1 - n);
        assert_true(more > 0);
        n += (size_t)more;
    }
    ret[n - 1] = '\0';
}

/* Ten times a second, and it is gone before the answer. */
static void on_a_terminal_progress_is_a_bar(void **state)
{
    (void)state;
    char drawn[8192], last[256];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), saved = dup(STDERR_FILENO);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int end_ = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(end_ >= 0);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    now.core.job.state = JOB_RUNNING;
    caught_begin(STDOUT_FILENO);
    dup2(end_, STDERR_FILENO);
    come();
    for (int i = 0; i < 10; i++) {
        clock_leap(105);
        turn(1);
    }
    hear_terminal(terminal, drawn, sizeof(drawn));
    now.core.job.state = JOB_DONE;
    now.core.status.jobs_active = 0;
    happens(EVENT_JOB_DONE, now.core.job.number);
    turn(TURNS);
    hear_terminal(terminal, last, sizeof(last));
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(end_);
    close(terminal);
    assert_non_null(strstr(caught_end(STDOUT_FILENO), "3.141590600"));
    unsigned bars = 0;
    for (const char *at = drawn; (at = strstr(at, TERM_REDRAW)); at++)
        bars++;
    assert_in_range(bars, 9, 11);
    assert_null(strchr(drawn, '\n'));
    assert_string_equal(last, TERM_REDRAW);
    assert_int_equal(now.status, 0);
}

static void the_log_is_told_of_jobs(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    clock_stop(INT64_C(1800000000789));
    come();
    caught_begin(STDERR_FILENO);
    local_operator_log_resumed(now.self);
    local_operator_log_stopped(now.self);
    now.options.exit_when_done = false;
    local_operator_log_stopped(now.self);
    local_operator_log_stopped(NULL);
    now.core.job.trials = 0; /* its end is not known */
    local_operator_log_resumed(now.self);
    local_operator_log_status(now.self);
    now.core.job.done = 0;
    local_operator_log_status(now.self);
    now.core.job.state = JOB_DONE; /* not resumed */
    local_operator_log_resumed(now.self);
    now.core.no_job = true;
    local_operator_log_status(now.self);
    golden("picoord-log.txt", caught_end(STDERR_FILENO));
    clock_stop(-1);
}

static void hears(int fd, const char *expected)
{
    char text[256];
    local_operator_notify_status(now.self);
    ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void the_service_manager_is_told_how_it_goes(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64];
    snprintf(name, sizeof(name), "@picoord-operator-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(
        bind(fd, (struct sockaddr *)&at,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
        0);
    setenv("NOTIFY_SOCKET", name, 1);
    come();
    hears(fd, "STATUS=62.9 % pi=3.14159 7 workers");
    now.core.job.done = 0;
    hears(fd, "STATUS=queued 7 workers");
    now.core.no_job = true;
    hears(fd, "STATUS=no job yet 7 workers");
    unsetenv("NOTIFY_SOCKET");
    close(fd);
}

/* Some begin and end themselves, once for each row of a table. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_leaves_with_the_status_of_its_job),
        TEST(without_exit_when_done_it_stays),
        TEST(a_job_of_an_earlier_life_is_no_answer),
        cmocka_unit_test(the_answer_is_whole),
        TEST(its_job_is_asked_for_once),
        cmocka_unit_test(an_earlier_job_is_taken_up_if_it_is_the_same),
        TEST(a_refused_job_ends_it),
        TEST(progress_is_a_line_each_five_seconds),
        TEST(on_a_terminal_progress_is_a_bar),
        TEST(the_log_is_told_of_jobs),
        TEST(the_service_manager_is_told_how_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
