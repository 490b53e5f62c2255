// SPDX-License-Identifier: MIT
/*
 * Log lines of the coordinator use the same names as its other interfaces, and what
 * matters is among those that are written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/view/event_log.h"
#include "tests/lib/caught.h"

static struct event_log event_log;

static int begin(void **state)
{
    (void)state;
    event_log = (struct event_log){0};
    return 0;
}

/* What is logged of an effect, or when e is NULL of a tick; all of it fits into a
 * pipe. */
static const char *said_at(int64_t now_ms, const struct effect *e)
{
    static char text[4096];
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    if (e)
        event_log_write(&event_log, now_ms, e);
    else
        event_log_tick(&event_log, now_ms);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(fds[0], text, sizeof(text) - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    close(fds[0]);
    return text;
}

static const char *said(const struct effect *e)
{
    return said_at(0, e);
}

static const char *joined(uint64_t origin, const char *name)
{
    return said(&(struct effect){
        .type = EFFECT_EVENT,
        .event = {EVENT_WORKER_JOINED, origin, .arrival = {name, "", 1, 0}}});
}

static const char *departed(enum event_type type, uint64_t origin, const char *name)
{
    return said(
        &(struct effect){.type = EFFECT_EVENT,
                         .event = {type, origin, .departure = {name, "why", 0, 0}}});
}

static const char *leased_again(const char *name)
{
    return said(
        &(struct effect){.type = EFFECT_EVENT,
                         .event = {EVENT_LEASED_AGAIN, .lease = {name, 1, 0, 99}}});
}

static const char *revoked(uint64_t job, uint64_t author)
{
    return said(
        &(struct effect){.type = EFFECT_REVOKE, .revoke = {job, author, 65536, 51472}});
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
        {{EVENT_WORKER_LOST, .departure = {"bob", "silent", 9, 1}},
         "WARN  worker lost, others take over its ranges name=bob reason=silent "
         "ranges=1 "
         "trials=9\n"},
        {{EVENT_WORKER_KICKED, .departure = {"ada", "kicked", 9, 1}},
         "INFO  worker kicked name=ada reason=kicked ranges=1 trials=9\n"},
        {{EVENT_WORKER_EXCLUDED, .excluded = {"ada", "buffon", "it said 'x'"}},
         "ERROR worker excluded from a program name=ada program=buffon reason=\"it "
         "said "
         "'x'\"\n"},
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

static void the_first_line_of_an_origin_is_written_and_then_a_count(void **state)
{
    (void)state;
    assert_non_null(strstr(joined(7, "ada"), "worker joined name=ada "));
    assert_string_equal(joined(7, "bob"), "");
    assert_string_equal(joined(7, "eve"), "");
    assert_non_null(strstr(joined(8, "zoe"), "worker joined name=zoe "));
    assert_non_null(
        strstr(departed(EVENT_WORKER_LEFT, 7, "bob"), "worker left name=bob "));
    assert_string_equal(said_at(LOG_LIMIT_WINDOW_MS - 1, NULL), "");
    assert_non_null(strstr(said_at(LOG_LIMIT_WINDOW_MS, NULL),
                           "INFO  worker joined more=2 last=eve\n"));
}

/* However they come and go: those of one machine are told by name, as many as there
 * is place for; the others are counted. */
static void workers_of_this_machine_are_told_one_by_one(void **state)
{
    (void)state;
    enum { WORKERS = 2 * LOG_LIMIT_KINDS };
    int n = 0;
    for (int i = 0; i < WORKERS; i++) {
        char name[20], line[64];
        snprintf(name, sizeof(name), "local-%d", i);
        snprintf(line, sizeof(line), "worker joined name=%s ", name);
        bool written = strstr(joined(0, name), line);
        assert_true(written || i >= LOG_LIMIT_KINDS - 1);
        n += written;
        assert_string_equal(joined(0, name), "");
    }
    assert_int_equal(n, LOG_LIMIT_KINDS - 1);
}

static void who_is_wrong_is_told_by_name_and_job(void **state)
{
    (void)state;
    assert_true(*departed(EVENT_WORKER_BANNED, 7, "ada"));
    assert_true(*departed(EVENT_WORKER_BANNED, 7, "bob"));
    assert_false(*departed(EVENT_WORKER_BANNED, 8, "bob"));
    assert_true(*revoked(1, 0xada));
    assert_true(*revoked(1, 0xb0b));
    assert_true(*revoked(2, 0xada));
    assert_false(*revoked(1, 0xada));
}

static void a_loss_that_was_told_is_told_to_be_made_good(void **state)
{
    (void)state;
    assert_true(*departed(EVENT_WORKER_LOST, 7, "ada"));
    assert_true(*leased_again("bob"));
    assert_false(*leased_again("bob"));
    assert_true(*departed(EVENT_WORKER_LOST, 8, "eve"));
    assert_true(*leased_again("bob"));
    assert_false(*departed(EVENT_WORKER_LOST, 8, "eve"));
    assert_false(*leased_again("bob"));
}

static const char *closed(int64_t now_ms, uint64_t origin, const char *why)
{
    caught_begin(STDERR_FILENO);
    bool probe = !strcmp(why, "SSH");
    event_log_closed(&event_log, now_ms, origin, "10.0.0.7:1", why, probe);
    event_log_closed(NULL, now_ms, origin, "10.0.0.7:1", why, probe);
    return caught_end(STDERR_FILENO);
}

static const char *refused(uint64_t origin, const char *reason)
{
    return said(&(struct effect){
        .type = EFFECT_EVENT,
        .event = {EVENT_PEER_REFUSED, origin, .refused = {"10.0.0.8:2", reason, 0}}});
}

/* Each reason of each of them, and then their number. */
static void strangers_are_told_by_reason(void **state)
{
    (void)state;
    assert_non_null(strstr(closed(0, 7, "no frame"),
                           "WARN  connection closed "
                           "addr=10.0.0.7:1 reason=\"no frame\"\n"));
    assert_string_equal(closed(1, 7, "no frame"), "");
    assert_non_null(strstr(closed(1, 7, "SSH"), "INFO  connection closed "));
    assert_true(*closed(1, 7, "no Hello"));
    assert_true(*closed(1, 8, "no frame"));
    assert_true(*refused(7, "no frame")); /* that is another kind */
    assert_true(*refused(7, "wrong token"));
    assert_false(*refused(7, "wrong token"));
    assert_string_equal(closed(2, 7, "no frame"), "");
    assert_non_null(strstr(said_at(LOG_LIMIT_WINDOW_MS, NULL),
                           "WARN  connection closed more=2 last=10.0.0.7:1\n"));
    assert_true(*closed(3 * LOG_LIMIT_WINDOW_MS, 7, "no frame")); /* was quiet */
}

static const char *full(int64_t now_ms)
{
    caught_begin(STDERR_FILENO);
    event_log_full(&event_log, now_ms, 17, 18);
    event_log_full(NULL, now_ms, 17, 18);
    return caught_end(STDERR_FILENO);
}

/* The second and third time too. */
static void too_many_connections_are_told_once_a_minute(void **state)
{
    (void)state;
    for (int64_t minute = 1; minute <= 3; minute++) {
        assert_non_null(strstr(full(minute * 60000),
                               "existing ones continue connections=17 limit=18"));
        assert_string_equal(full(minute * 60000 + 1000), "");
        assert_string_equal(full(minute * 60000 + 59999), "");
    }
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_revocation_names_the_worker_as_lists_do),
        TEST(each_number_of_an_event_has_its_own_name),
        TEST(the_first_line_of_an_origin_is_written_and_then_a_count),
        TEST(workers_of_this_machine_are_told_one_by_one),
        TEST(who_is_wrong_is_told_by_name_and_job),
        TEST(a_loss_that_was_told_is_told_to_be_made_good),
        TEST(strangers_are_told_by_reason),
        TEST(too_many_connections_are_told_once_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
