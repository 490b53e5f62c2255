// SPDX-License-Identifier: MIT
/* pictl events against a fake coordinator: its lines, its end, and its errors. */
#include <stdio.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/exit.h"
#include "tests/lib/ctl_stage.h"

static const struct event_view happened[] = {
    {.what = "worker_lost",
     .worker = "lab-03",
     .reason = "connection closed",
     .program = "",
     .name = "",
     .trials = 65536,
     .ranges = 2,
     .time_ms = UINT64_C(1795368000123)},
    {.what = "job_done",
     .worker = "",
     .reason = "",
     .program = "",
     .name = "lecture",
     .job = 7,
     .trials = 1000000,
     .time_ms = UINT64_C(1795368001000)},
};

static void send_events(struct stage *s, int fd, uint32_t id, bool last,
                        const struct event_view *events, size_t n)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = id,
                              .last = last,
                              .body = REPLY_EVENTS,
                              .events = {.n = n, .events = events}}};
    stage_send(s, fd, &m);
}

static void tell(struct stage *s, int fd)
{
    struct msg_request r;
    if (!stage_request(s, fd, 1, &r))
        return;
    send_events(s, fd, r.id, !r.follow, happened, 1);
    if (r.follow)
        send_events(s, fd, r.id, false, &happened[1], 1); /* and is gone */
    else
        stage_drain(s, fd, 1);
}

static void refuse(struct stage *s, int fd)
{
    struct msg_request r;
    if (stage_request(s, fd, 1, &r))
        stage_reply_error(s, fd, r.id, ERROR_NOT_POSSIBLE);
    stage_drain(s, fd, 1);
}

static struct said said;

static struct msg_request say(const char *args, void (*play)(struct stage *s, int fd))
{
    const struct scene scene = {false, play};
    struct stage stage;
    stage_open(&stage, &scene, 1);
    pictl(&said, stage.address, args);
    stage_close(&stage);
    assert_int_equal(stage.n_requests, 1);
    assert_int_equal(stage.requests[0].verb, REQUEST_EVENTS);
    return stage.requests[0];
}

#define LOST                                                                           \
    "2026-11-22T17:20:00Z worker_lost worker=lab-03 reason=\"connection closed\" "     \
    "trials=65536 ranges=2\n"

static void an_event_is_a_line_with_what_it_says(void **state)
{
    (void)state;
    assert_false(say("events", tell).follow);
    assert_int_equal(said.status, EXIT_DONE);
    assert_string_equal(said.out, LOST);
    assert_string_equal(said.err, "");
    say("events --json", tell);
    assert_string_equal(said.out,
                        "{\"what\":\"worker_lost\",\"job\":\"\",\"name\":\"\","
                        "\"worker\":\"lab-03\",\"reason\":\"connection closed\","
                        "\"first\":\"0\",\"trials\":\"65536\",\"ranges\":2,"
                        "\"threads\":0,\"connections\":0,\"late_ms\":\"0\","
                        "\"time_ms\":\"1795368000123\","
                        "\"time\":\"2026-11-22T17:20:00.123Z\",\"program\":\"\"}\n");
}

static void who_follows_goes_on_until_the_coordinator_is_gone(void **state)
{
    (void)state;
    assert_true(say("events --follow", tell).follow);
    assert_int_equal(said.status, EXIT_UNREACHED);
    assert_non_null(strstr(said.out, " worker_lost worker=lab-03 "));
    assert_non_null(
        strstr(said.out, "Z job_done job=j-7 name=lecture trials=1000000\n"));
    assert_non_null(strstr(said.err, "lost the connection"));
}

static void an_error_is_told(void **state)
{
    (void)state;
    say("events -f", refuse);
    assert_int_equal(said.status, EXIT_NO);
    assert_string_equal(said.err, "pictl: it is not there\nhint: look elsewhere\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_a_line_with_what_it_says),
        cmocka_unit_test(who_follows_goes_on_until_the_coordinator_is_gone),
        cmocka_unit_test(an_error_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
