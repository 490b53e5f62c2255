// SPDX-License-Identifier: MIT
/*
 * pictl waits for a job while its coordinator is away, for hours: the fake coordinator
 * puts the clock of this program forward.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/base/exit.h"
#include "ctl/command_table.h"
#include "tests/lib/ctl_stage.h"

/* ---- a clock that jumps ---- */

static atomic_long jumped_s;

/* In the place of the C library's, for libuv too. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
    long rc = syscall(SYS_clock_gettime, clock, ret);
    ret->tv_sec += atomic_load(&jumped_s);
    return (int)rc;
}

/* ---- scenes ---- */

static void take_the_job_show_it_and_die(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_QUEUED);
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, false, JOB_RUNNING);
}

static void show_it_and_die(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, false, JOB_RUNNING);
}

static void be_away_for_an_hour(struct stage *s, int fd)
{
    (void)s, (void)fd;
    atomic_fetch_add(&jumped_s, 3600);
}

static void show_its_end(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_job(s, fd, r.id, true, JOB_DONE);
    stage_drain(s, fd, 1);
}

static void show_another_under_its_number(struct stage *s, int fd)
{
    struct msg_request r;
    struct msg m = {.type = MSG_REPLY, .reply = {.last = true, .body = REPLY_JOB}};
    if (!stage_request(s, fd, 1, &r))
        return;
    m.reply.id = r.id;
    m.reply.job = stage_job(JOB_DONE);
    m.reply.job.uid[0] = 1;
    stage_send(s, fd, &m);
    stage_drain(s, fd, 1);
}

static void miss_the_job(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_error(s, fd, r.id, ERROR_NO_SUCH_JOB);
    stage_drain(s, fd, 1);
}

static void refuse(struct stage *s, int fd, enum refusal_code code)
{
    struct msg hello;
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = code, .sentence = "no", .hint = "go"}};
    if (stage_read(s, fd, &hello))
        stage_send(s, fd, &m);
}

static void refuse_the_token(struct stage *s, int fd)
{
    refuse(s, fd, REFUSAL_TOKEN);
}

static void be_full(struct stage *s, int fd)
{
    refuse(s, fd, REFUSAL_FULL);
}

/* ---- tests ---- */

static struct said said;

#define PLAY(args, ...)                                                                \
    do {                                                                               \
        static const struct scene scenes[] = {__VA_ARGS__};                            \
        struct stage stage;                                                            \
        stage_open(&stage, scenes, ARRAY_SIZE(scenes));                                \
        pictl(&said, stage.address, args);                                             \
        stage_close(&stage);                                                           \
    } while (0)

static size_t times(const char *words)
{
    size_t n = 0;
    for (const char *at = said.err; (at = strstr(at, words)); at++)
        n++;
    return n;
}

static void hours_without_a_coordinator_are_waited_out(void **state)
{
    (void)state;
    PLAY("submit --trials 1M --seed 42 --wait", {false, take_the_job_show_it_and_die},
         {true, be_away_for_an_hour}, {true, be_full}, {true, be_away_for_an_hour},
         {false, show_its_end});
    assert_int_equal(said.status, EXIT_DONE);
    assert_non_null(strstr(said.out, "\nhits           785477\n"));
    assert_int_equal(times("; trying again\n"), 1);
    assert_int_equal(times(" is back\n"), 1);
    PLAY("watch j-3", {false, show_it_and_die}, {true, be_away_for_an_hour},
         {false, show_its_end});
    assert_int_equal(said.status, EXIT_DONE);
    assert_int_equal(times(" is back\n"), 1);
}

static void timeout_ends_that_and_says_that_the_job_goes_on(void **state)
{
    (void)state;
    PLAY("submit --trials 1M --seed 42 --wait --timeout 30m",
         {false, take_the_job_show_it_and_die}, {true, be_away_for_an_hour});
    assert_int_equal(said.status, EXIT_TIMEOUT);
    assert_string_equal(said.out, "");
    assert_non_null(strstr(said.err, "pictl: time is up, and 127.0.0.1:"));
    assert_non_null(strstr(said.err, " cannot be reached: "));
    assert_non_null(strstr(said.err, "\nhint: the job goes on: pictl watch j-3\n"));
}

static void whoever_refuses_is_not_asked_again(void **state)
{
    (void)state;
    PLAY("watch j-3", {false, show_it_and_die}, {true, refuse_the_token});
    assert_int_equal(said.status, EXIT_REFUSED);
    assert_non_null(strstr(said.err, " refused this pictl: no\nhint: go\n"));
}

static void a_job_that_is_gone_is_not_waited_for(void **state)
{
    (void)state;
    PLAY("watch j-3", {false, show_it_and_die}, {false, miss_the_job});
    assert_int_equal(said.status, EXIT_UNKNOWN);
    assert_int_equal(times(" is back\n"), 1);
}

static void the_number_of_another_job_deceives_nobody(void **state)
{
    (void)state;
    PLAY("submit --trials 1M --wait", {false, take_the_job_show_it_and_die},
         {false, show_another_under_its_number});
    assert_int_equal(said.status, EXIT_UNKNOWN);
    assert_string_equal(said.out, "");
    assert_non_null(strstr(said.err, " has a different job j-3 than before\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_without_a_coordinator_are_waited_out),
        cmocka_unit_test(timeout_ends_that_and_says_that_the_job_goes_on),
        cmocka_unit_test(whoever_refuses_is_not_asked_again),
        cmocka_unit_test(a_job_that_is_gone_is_not_waited_for),
        cmocka_unit_test(the_number_of_another_job_deceives_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
