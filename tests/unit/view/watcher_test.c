// SPDX-License-Identifier: MIT
/*
 * Viewers in time: who is waited for and how long, on a clock that the test moves; two
 * watchers of one job; every rate of ticks that may be asked for.
 */
#include "server/view/console.h"
#include "server/view/sse.h"
#include "tests/lib/clock.h"
#include "tests/lib/viewer_rig.h"

#include <signal.h>

enum { SETTLE = 40, FEW = 6 }; /* turns, in which all that is due happens */

/* Nothing is waited for: both ends are in this thread. */
static void turns(struct room *r, int n)
{
    for (int i = 0; i < n; i++)
        uv_run(&r->loop, UV_RUN_NOWAIT);
}

static void settle(struct room *r)
{
    turns(r, SETTLE);
}

/* A beat of the streams, in which their readers are not waited for. */
static void beat(struct room *r)
{
    clock_leap(STREAM_BEAT_MS);
    turns(r, FEW);
}

/* The clock goes on by so much, and what is due happens. */
static void pass(struct room *r, int64_t ms)
{
    uv_timer_stop(&r->patience);
    clock_leap(ms);
    settle(r);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

/* What has come since; the room's answer begins anew. */
static const char *heard(struct room *r, int fd)
{
    r->n = 0;
    r->answer[0] = '\0';
    while (hear(r, fd) && r->n > 0) {
        size_t n = r->n;
        hear(r, fd);
        if (r->n == n)
            break;
    }
    return r->answer;
}

static bool ended(struct room *r, int fd)
{
    r->n = 0;
    for (int i = 0; i < SETTLE; i++) {
        if (!hear(r, fd))
            return true;
        r->n = 0;
        turns(r, 1);
    }
    return false;
}

/* ---- text ---- */

/* A line at once, then each second, for each of them. */
static void two_who_watch_get_a_line_a_second_each(void **state)
{
    struct room *r = *state;
    int fds[2];
    for (size_t i = 0; i < 2; i++) {
        fds[i] = come(r);
        say(fds[i], "watch\n");
        hear_until(r, fds[i], "j-7 running");
    }
    for (int second = 0; second < 3; second++) {
        pass(r, CONSOLE_WATCH_MS / 2);
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(count(heard(r, fds[i]), "j-7 "), 0);
        pass(r, CONSOLE_WATCH_MS / 2);
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(count(heard(r, fds[i]), "j-7 running"), 1);
    }
    close(fds[0]); /* the other goes on */
    settle(r);
    pass(r, CONSOLE_WATCH_MS);
    assert_int_equal(count(heard(r, fds[1]), "j-7 running"), 1);
    r->core.job.state = JOB_CANCELLED;
    pass(r, CONSOLE_WATCH_MS);
    assert_int_equal(count(heard(r, fds[1]), "j-7 cancelled"), 1);
    assert_true(ended(r, fds[1]));
    close(fds[1]);
}

static void who_watches_no_job_is_told_why_and_stays(void **state)
{
    struct room *r = *state;
    r->core.no_job = true;
    r->core.status.reason = "no workers attached";
    int fd = come(r);
    say(fd, "watch\n");
    hear_until(r, fd, "no job: no workers attached\n");
    r->core.no_job = false;
    pass(r, CONSOLE_WATCH_MS);
    assert_int_equal(count(heard(r, fd), "j-7 running"), 1);
    r->core.stopped = true;
    pass(r, CONSOLE_WATCH_MS);
    assert_string_equal(heard(r, fd), "ERR the coordinator is stopping\n");
    assert_true(ended(r, fd));
    close(fd);
}

/* It reads nothing: lines are left out, and after half a minute it is dropped. */
static void who_watches_and_does_not_read_is_dropped(void **state)
{
    struct room *r = *state;
    static char reason[TEXT_BYTES + 1];
    memset(reason, 'x', TEXT_BYTES);
    r->core.job.reason = reason;
    int fd = come(r);
    say(fd, "watch\n");
    hear_until(r, fd, "j-7 running");
    struct end *e = &r->ends[r->taken - 1];
    unsigned seconds = 0;
    while (conn_queued_bytes(e->conn) <= CONSOLE_WATCH_AHEAD) {
        uv_timer_stop(&r->patience);
        clock_leap(CONSOLE_WATCH_MS);
        turns(r, 1);
        assert_true(++seconds < 20000);
    }
    size_t queued = conn_queued_bytes(e->conn);
    for (int i = 1; i < CONSOLE_WATCH_STUCK_S; i++) {
        clock_leap(CONSOLE_WATCH_MS);
        turns(r, 1);
        assert_non_null(e->conn);
        assert_true(conn_queued_bytes(e->conn) <= queued);
    }
    pass(r, CONSOLE_WATCH_MS);
    assert_null(e->conn);
    close(fd);
}

/* Its first bytes were a command's. */
static void who_does_not_end_a_command_is_not_waited_for(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    say(fd, "sta");
    settle(r);
    pass(r, CONN_FIRST_MS - 500);
    assert_false(ended(r, fd));
    pass(r, 500);
    assert_true(ended(r, fd));
    close(fd);
}

/* ---- HTTP ---- */

static void who_asks_nothing_more_is_not_waited_for(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    for (int i = 0; i < 2; i++) { /* each answer begins the time anew */
        say(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        hear_until(r, fd, "ok\n");
        r->n = 0;
        r->answer[0] = '\0';
        pass(r, HTTP_NEXT_MS - 3000);
        assert_false(ended(r, fd));
    }
    pass(r, 3000);
    assert_true(ended(r, fd));
    close(fd);
}

static void a_body_that_does_not_come_is_not_waited_for(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    say(fd, "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nab");
    hear_until(r, fd, "METHOD_NOT_ALLOWED");
    settle(r);
    assert_non_null(r->ends[0].conn); /* it is read away */
    pass(r, HTTP_END_MS);
    assert_null(r->ends[0].conn);
    close(fd);
}

static void a_head_that_does_not_come_is_told_so(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    say(fd, "GET /healthz HTTP/1.1\r\nHost: local");
    settle(r);
    pass(r, CONN_FIRST_MS);
    hear_all(r, fd);
    assert_int_equal(status_of(r->answer), 408);
    assert_non_null(strstr(r->answer, "did not come in time"));
}

/* ---- events ---- */

static int follow_to_hello(struct room *r, const char *query)
{
    int fd = follow(r, query);
    hear_until(r, fd, "event: hello");
    return fd;
}

/* Beats of the stream, each read at once: the number of ticks among so many. */
static unsigned ticks_of(struct room *r, int fd, unsigned beats)
{
    unsigned n = 0;
    uv_timer_stop(&r->patience);
    for (unsigned i = 0; i < beats; i++) {
        beat(r);
        n += count(heard(r, fd), "event: tick");
    }
    return n;
}

static const struct {
    const char *query;
    unsigned hz;
} rates[] = {{"", 4},        {"?hz=4", 4}, {"?hz=1", 1},
             {"?hz=20", 20}, {"?hz=7", 6}, /* each third beat */
             {"?hz=020", 20}};

/* It gets a stream of what it asks for, and the others live on. */
static void every_rate_gets_a_stream(void **state)
{
    struct room *r = *state;
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        int fd = follow_to_hello(r, rates[i].query);
        ticks_of(r, fd, 20); /* to the middle of a second, wherever that began */
        unsigned n = ticks_of(r, fd, 40);
        if (n < 2 * rates[i].hz - 1 || n > 2 * rates[i].hz + 1)
            fail_msg("'%s': %u ticks in two seconds", rates[i].query, n);
        close(fd);
        while (room_stats(r).streams > 0)
            pass(r, STREAM_BEAT_MS);
    }
}

/* Each at its own rate, and each gets every event. */
static void two_who_follow_get_the_same_events(void **state)
{
    struct room *r = *state;
    int one = follow_to_hello(r, "?hz=20"), two = follow_to_hello(r, "?hz=1");
    pass(r, STREAM_BEAT_MS);
    heard(r, one);
    heard(r, two);
    for (int i = 0; i < 2; i++) {
        viewers_effect(r->viewers,
                       &(struct effect){.type = EFFECT_EVENT,
                                        .event = {EVENT_JOB_DONE, .job = {"", 7, 9}}});
        pass(r, STREAM_BEAT_MS);
        assert_int_equal(count(heard(r, one), "\"job_done\""), 1);
        assert_int_equal(count(heard(r, two), "\"job_done\""), 1);
    }
    close(one);
    settle(r);
    viewers_effect(r->viewers,
                   &(struct effect){.type = EFFECT_EVENT,
                                    .event = {EVENT_JOB_DONE, .job = {"", 7, 9}}});
    pass(r, STREAM_BEAT_MS);
    assert_int_equal(count(heard(r, two), "\"job_done\""), 1);
    close(two);
}

/* Workers once a second, if they have changed; the ledger once a second. */
static void workers_are_told_when_they_change(void **state)
{
    struct room *r = *state;
    static const uint64_t first[] = {0}, number[] = {2097152}, hits[] = {1646306};
    struct ledger_view ledger = {.job = &r->core.job,
                                 .n_cells = 1,
                                 .first = first,
                                 .count = number,
                                 .done = number,
                                 .hits = hits};
    r->core.ledger = &ledger;
    int fd = follow_to_hello(r, "?hz=1");
    unsigned told = count(r->answer, "event: workers"); /* a busy machine: with hello */
    pass(r, STREAM_BEAT_MS);
    told += count(heard(r, fd), "event: workers");
    assert_int_equal(told, 1);
    unsigned asked = r->core.asked_ledger;
    told = 0;
    for (int i = 0; i < 60; i++) {
        beat(r);
        told += count(heard(r, fd), "event: workers");
    }
    assert_int_equal(told, 0);
    assert_in_range(r->core.asked_ledger - asked, 2, 4);
    r->core.workers[1].trials++;
    for (int i = 0; i < 25; i++) {
        beat(r);
        told += count(heard(r, fd), "event: workers");
    }
    assert_int_equal(told, 1);
    close(fd);
}

/* What it could not take is left out, and when it takes nothing it is dropped. */
static void who_follows_and_does_not_read_is_dropped(void **state)
{
    struct room *r = *state;
    static char reason[TEXT_BYTES + 1];
    memset(reason, 'x', TEXT_BYTES);
    struct effect note = {.type = EFFECT_EVENT,
                          .event = {.type = EVENT_JOB_PAUSED, .job = {.name = reason}}};
    int fd = follow_to_hello(r, "?hz=20");
    struct end *e = &r->ends[0];
    uv_timer_stop(&r->patience);
    for (int i = 0; i < 40; i++) { /* more than all buffers hold */
        for (int k = 0; k < 200; k++)
            viewers_effect(r->viewers, &note);
        beat(r);
    }
    uint64_t begun = uv_now(&r->loop);
    for (int i = 0; e->conn && i < 4 * STREAM_STUCK_MS / STREAM_BEAT_MS; i++)
        beat(r);
    assert_null(e->conn);
    assert_in_range(uv_now(&r->loop) - begun, STREAM_STUCK_MS / 2, STREAM_STUCK_MS * 2);
    assert_int_equal(room_stats(r).streams, 0);
    close(fd);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        ROOM(two_who_watch_get_a_line_a_second_each),
        ROOM(who_watches_no_job_is_told_why_and_stays),
        ROOM(who_watches_and_does_not_read_is_dropped),
        ROOM(who_does_not_end_a_command_is_not_waited_for),
        ROOM(who_asks_nothing_more_is_not_waited_for),
        ROOM(a_body_that_does_not_come_is_not_waited_for),
        ROOM(a_head_that_does_not_come_is_told_so),
        ROOM(every_rate_gets_a_stream),
        ROOM(two_who_follow_get_the_same_events),
        ROOM(workers_are_told_when_they_change),
        ROOM(who_follows_and_does_not_read_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
