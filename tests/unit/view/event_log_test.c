// SPDX-License-Identifier: MIT
/*
 * Log lines of the coordinator use the same names as its other interfaces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/view/event_log.h"

/* What is logged of an effect; all of it fits into a pipe. */
static const char *said(const struct effect *e)
{
    static char text[4096];
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    static struct event_log log;
    event_log_write(&log, 0, e);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(fds[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    close(fds[0]);
    return text;
}

static void a_revocation_names_the_worker_as_lists_do(void **state)
{
    (void)state;
    const struct effect revoke = {
        .type = EFFECT_REVOKE,
        .revoke = {.job = 3, .author = 0xc0ffee, .trials = 65536, .hits = 51472}};
    assert_non_null(strstr(said(&revoke),
                           "results revoked, their ranges are leased again job=j-3 "
                           "worker=0000000000c0ffee trials=65536 hits=51472\n"));
    const struct effect nobody = {.type = EFFECT_REVOKE,
                                  .revoke = {3, 0, 65536, 51472}};
    assert_non_null(strstr(said(&nobody), "again job=j-3 trials=65536 hits=51472\n"));
}

static void each_number_of_an_event_has_its_own_name(void **state)
{
    (void)state;
    const struct {
        struct event event;
        const char *line;
    } cases[] = {
        {{EVENT_WORKER_JOINED, .arrival = {"ada", "10.0.0.7:1", 3, 0}},
         "INFO  worker joined name=ada threads=3 addr=10.0.0.7:1\n"},
        {{EVENT_DOUBT, .doubt = {"night", 3, 65536}},
         "ERROR an answer that was given is in doubt job=j-3 "
         "trials=65536\n"},
        {{EVENT_WORKER_RESUMED, .arrival = {"ada", "10.0.0.7:1", 3, 2}},
         "INFO  worker back name=ada threads=3 ranges=2 addr=10.0.0.7:1\n"},
        {{EVENT_WORKER_LOST, .departure = {"ada", "silent", 0, 0}},
         "WARN  worker lost, it held nothing name=ada reason=silent ranges=0 "
         "trials=0\n"},
        {{EVENT_WORKER_LOST, .departure = {"ada", "silent", 9, 1}},
         "WARN  worker lost, others take over its ranges name=ada reason=silent "
         "ranges=1 "
         "trials=9\n"},
        {{EVENT_WORKER_KICKED, .departure = {"ada", "kicked", 9, 1}},
         "INFO  worker kicked name=ada reason=kicked ranges=1 trials=9\n"},
        {{EVENT_WORKER_EXCLUDED, .departure = {"ada", "it said 'x'", 0, 0}},
         "ERROR worker excluded from a program name=ada reason=\"it said 'x'\"\n"},
        {{EVENT_CLOCK_LATE, .late_ms = 3230}, "all deadlines move late_ms=3230\n"},
        {{EVENT_TOKEN_ROTATED, .rotation = {ROLE_OPERATOR, 4}},
         "INFO  token rotated role=operator connections=4\n"},
        {{EVENT_JOB_FAILED, .job = {"", 7, 99}}, "ERROR job failed job=j-7 done=99\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_non_null(strstr(
            said(&(struct effect){.type = EFFECT_EVENT, .event = cases[i].event}),
            cases[i].line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revocation_names_the_worker_as_lists_do),
        cmocka_unit_test(each_number_of_an_event_has_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
