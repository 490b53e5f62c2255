// SPDX-License-Identifier: MIT
/*
 * Text and HTTP over real connections, with a fake core: the answers, bad requests, and
 * event streams.
 */
#include "server/view/console.h"
#include "server/view/event_feed.h"
#include "server/view/sse.h"
#include "tests/lib/viewer_rig.h"

/* ---- text ---- */

static void a_command_gets_one_answer_and_the_end(void **state)
{
    struct room *r = *state;
    assert_memory_equal(talk(r, "status\n"), "state: running\n", 15);
    assert_memory_equal(talk(r, "status\r\njobs\n"), "state: running\n", 15);
    assert_null(strstr(r->answer, "ERR"));
    assert_memory_equal(talk(r, "what\n"), "ERR unknown", 11);
}

static void a_command_may_come_in_pieces_or_end_with_the_connection(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    for (const char *c = "version"; *c; c++) {
        assert_int_equal(write(fd, c, 1), 1);
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
    shutdown(fd, SHUT_WR);
    hear_all(r, fd);
    assert_memory_equal(r->answer, "picoord ", 8);
}

static void a_command_that_is_too_long_is_an_error(void **state)
{
    struct room *r = *state;
    char line[2 * CONSOLE_LINE_BYTES];
    memset(line, 'a', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    assert_string_equal(talk(r, line), "ERR a command has at most 256 bytes\n");
}

static void the_longest_command_is_one_and_no_longer(void **state)
{
    struct room *r = *state;
    char line[CONSOLE_LINE_BYTES + 3] = "";
    memset(line, 'a', CONSOLE_LINE_BYTES);
    strcpy(line + CONSOLE_LINE_BYTES, "\n");
    assert_memory_equal(talk(r, line), "ERR unknown command 'aaa", 24);
    strcpy(line + CONSOLE_LINE_BYTES, "a\n");
    assert_memory_equal(talk(r, line), "ERR a command has at most", 25);
}

static void watch_goes_on_until_the_job_has_ended(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    say(fd, "watch\n");
    hear_until(r, fd, "running");
    r->core.job.state = JOB_DONE;
    hear_all(r, fd);
    assert_non_null(strstr(r->answer, "j-7 done 100.0%"));
}

/* ---- HTTP ---- */

static void every_page_is_there(void **state)
{
    static const struct {
        const char *url, *headers, *type, *text;
    } pages[] = {
        {"/", "", "text/plain", "hits: 98825898295"},
        {"/", "Accept: text/html\r\n", "text/html", "<!DOCTYPE html>"},
        {"/status", "", "text/html", "<th scope=\"row\">trials</th>"},
        {"/status.css", "", "text/css", "font"},
        {"/api/v1/status", "", "application/json", "\"hits\":\"98825898295\""},
        {"/api/v1/jobs", "", "application/json", "{\"jobs\":[{"},
        {"/api/v1/workers", "", "application/json", "\"lab-04\""},
        {"/metrics", "", "text/plain; version=0.0.4", "picoord_info{"},
        {"/healthz", "", "text/plain", "ok"},
        {"/readyz", "", "text/plain", "ok"},
    };
    struct room *r = *state;
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        get(r, pages[i].url, pages[i].headers);
        assert_int_equal(status_of(r->answer), 200);
        assert_non_null(strstr(r->answer, pages[i].type));
        assert_non_null(strstr(r->answer, pages[i].text));
        assert_non_null(
            strstr(r->answer, "Content-Security-Policy: default-src 'none'"));
        assert_non_null(strstr(r->answer, "X-Content-Type-Options: nosniff"));
        assert_null(strstr(r->answer, "Set-Cookie"));
        assert_null(strstr(r->answer, "Access-Control"));
    }
    assert_int_equal(status_of(get(r, "/api/v2/status", "")), 404);
    assert_string_equal(strstr(r->answer, "\r\n\r\n") + 4,
                        "{\"error\":{\"code\":\"NOT_FOUND\",\"message\":"
                        "\"there is nothing at this address\",\"hint\":\"try /, "
                        "/api/v1/status, /api/v1/jobs, /api/v1/workers, "
                        "/api/v1/events, /metrics, /healthz, /readyz\"}}\n");
    assert_int_equal(status_of(get(r, "/join", "")), 404);
    assert_int_equal(status_of(get(r, "/../etc/passwd", "")), 404);
}

/* A list of those in the states that are asked for; whatever else is asked is refused,
 * not ignored. */
static void filters_work_or_are_refused(void **state)
{
    static const struct {
        const char *url;
        unsigned status;
        const char *text; /* within; with a '!' not within */
    } asked[] = {
        {"/api/v1/jobs?state=running", 200, "\"j-7\""},
        {"/api/v1/jobs?state=queued,running", 200, "\"j-7\""},
        {"/api/v1/jobs?state=queued&state=running", 200, "\"j-7\""},
        {"/api/v1/jobs?state=done", 200, "{\"jobs\":[]}"},
        {"/api/v1/jobs?state=paused%2Cdone", 200, "!j-7"},
        {"/api/v1/workers?state=busy", 200, "lab-03"},
        {"/api/v1/workers?state=busy", 200, "!lab-04"},
        {"/api/v1/workers?state=lost,left", 200, "lab-04"},
        {"/api/v1/workers?state=lost,left", 200, "!lab-03"},
        {"/api/v1/jobs?state=busy", 400,
         "\"code\":\"BAD_REQUEST\",\"message\":\"'busy' is no state; queued running "
         "paused done cancelled failed\""},
        {"/api/v1/jobs?state=", 400, "'' is no state"},
        {"/api/v1/jobs?state", 400, "'' is no state"},
        {"/api/v1/jobs?state=running,", 400, "'' is no state"},
        {"/api/v1/jobs?state=running,x", 400, "'x' is no state"},
        {"/api/v1/jobs?status=done", 400, "there is no parameter 'status' here"},
        {"/api/v1/jobs?state=running&limit=3", 400, "there is no parameter 'limit'"},
        {"/api/v1/workers?state=running", 400, "idle busy draining silent lost left"},
        {"/api/v1/status?state=running", 400, "there is no parameter 'state' here"},
        {"/api/v1/jobs/j-7?x", 400, "there is no parameter 'x' here"},
        {"/api/v1/events?hz=0", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?hz=21", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?hz=-1", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?hz=abc", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?hz=0.5", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?hz=99999999999999999999", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?hz", 400, "hz is a number from 1 to 20"},
        {"/api/v1/events?zh=9", 400, "there is no parameter 'zh' here"},
        {"/?utm_source=a", 200, "hits: 98825898295"}, /* of no concern there */
        {"/metrics?x=1", 200, "picoord_info{"},
    };
    struct room *r = *state;
    for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
        bool no = *asked[i].text == '!';
        get(r, asked[i].url, "");
        if (status_of(r->answer) != asked[i].status ||
            (strstr(r->answer, asked[i].text + no) != NULL) == no)
            fail_msg("%s: %s", asked[i].url, r->answer);
    }
}

static void each_job_has_a_page_with_its_history(void **state)
{
    uint64_t first[] = {0}, count[] = {2097152}, hits[] = {1647012};
    struct room *r = *state;
    struct ledger_view ledger = {.job = &r->core.job,
                                 .n_cells = 1,
                                 .first = first,
                                 .count = count,
                                 .done = count,
                                 .hits = hits};
    assert_int_equal(status_of(get(r, "/api/v1/jobs/j-7", "")), 503);
    assert_non_null(strstr(r->answer, "\"code\":\"BUSY\""));
    r->core.ledger = &ledger;
    assert_int_equal(status_of(get(r, "/api/v1/jobs/j-7", "")), 200);
    assert_non_null(strstr(r->answer, "{\"job\":{\"id\":\"j-7\""));
    assert_non_null(strstr(r->answer, "\"history\":{\"job\":\"j-7\",\"from\":0,"
                                      "\"points\":[[\"2097152\",\"1647012\"]]}}\n"));
    static const char *const none[] = {"/api/v1/jobs/j-8", "/api/v1/jobs/",
                                       "/api/v1/jobs/0", "/api/v1/jobs/j-7/",
                                       "/api/v1/jobs/all"};
    for (size_t i = 0; i < ARRAY_SIZE(none); i++)
        assert_int_equal(status_of(get(r, none[i], "")), 404);
    assert_non_null(strstr(r->answer, "\"code\":\"NOT_FOUND\""));
}

static void nothing_but_reading_is_allowed(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    struct room *r = *state;
    char request[200];
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        snprintf(request, sizeof(request),
                 "%s /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: 4\r\nConnection: close\r\n\r\nabcd",
                 methods[i]);
        assert_int_equal(status_of(talk(r, request)), 405);
        assert_non_null(strstr(r->answer, "Allow: GET, HEAD"));
    }
    talk(r,
         "HEAD /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(r->answer), 200);
    assert_null(strstr(r->answer, "{\"jobs\""));
}

static void a_name_that_is_not_ours_is_misdirected(void **state)
{
    struct room *r = *state;
    talk(r, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(r->answer), 421);
    talk(r,
         "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:31415\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(r->answer), 200);
    talk(r, "GET /api/v1/events HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n"
            "\r\n");
    assert_int_equal(status_of(r->answer), 421);
}

static void a_page_from_elsewhere_gets_nothing(void **state)
{
    struct room *r = *state;
    get(r, "/api/v1/status", "Origin: https://evil.example\r\n");
    assert_int_equal(status_of(r->answer), 403);
    get(r, "/api/v1/status",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n");
    assert_int_equal(status_of(r->answer), 403);
    get(r, "/", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n");
    assert_int_equal(status_of(r->answer), 200);
    get(r, "/api/v1/status", "Sec-Fetch-Site: same-origin\r\n");
    assert_int_equal(status_of(r->answer), 200);
}

static void what_has_not_changed_is_not_sent_again(void **state)
{
    struct room *r = *state;
    char tag[64], header[128];
    get(r, "/api/v1/jobs", "");
    assert_int_equal(sscanf(strstr(r->answer, "ETag: "), "ETag: %63s", tag), 1);
    snprintf(header, sizeof(header), "If-None-Match: %s\r\n", tag);
    assert_int_equal(status_of(get(r, "/api/v1/jobs", header)), 304);
    r->core.job.done++;
    assert_int_equal(status_of(get(r, "/api/v1/jobs", header)), 200);
}

static void a_page_is_compressed_for_who_can_read_it(void **state)
{
    struct room *r = *state;
    get(r, "/status.css", "Accept-Encoding: gzip, br\r\n");
    assert_non_null(strstr(r->answer, "Content-Encoding: gzip"));
    get(r, "/status.css", "");
    assert_null(strstr(r->answer, "Content-Encoding"));
}

static void a_connection_may_ask_more_than_once_and_end_its_side(void **state)
{
    struct room *r = *state;
    int fd = come(r);
    say(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hear_until(r, fd, "ok\n");
    r->n = 0;
    say(fd, "GET /met");
    uv_run(&r->loop, UV_RUN_NOWAIT);
    say(fd, "rics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    shutdown(fd, SHUT_WR);
    hear_all(r, fd);
    assert_int_equal(status_of(r->answer), 200);
    assert_non_null(strstr(r->answer, "picoord_info"));
}

static void one_that_is_not_ready_says_why(void **state)
{
    struct room *r = *state;
    r->core.status.state = COORD_DEGRADED;
    r->core.status.reason = "disk full, nothing is acknowledged";
    assert_int_equal(status_of(get(r, "/readyz", "")), 503);
    assert_non_null(strstr(r->answer, "disk full, nothing is acknowledged\n"));
    assert_int_equal(status_of(get(r, "/healthz", "")), 200);
    r->core.stopped = true;
    assert_int_equal(status_of(get(r, "/api/v1/status", "")), 503);
}

static void an_eighth_of_all_descriptors_is_for_viewers(void **state)
{
    (void)state;
    assert_int_equal(viewers_of(1024), 128);
    assert_int_equal(viewers_of(7), 0);
    assert_int_equal(viewers_of(8 * VIEWERS_MAX), VIEWERS_MAX);
    assert_int_equal(viewers_of(8 * VIEWERS_MAX + 8), VIEWERS_MAX);
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
    struct room *r = *state;
    int fds[GUESTS];
    for (size_t i = 0; i < GUESTS; i++) {
        fds[i] = come(r);
        say(fds[i], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        hear_until(r, fds[i], "ok\n");
    }
    assert_int_equal(status_of(get(r, "/", "")), 503);
    assert_non_null(strstr(r->answer, "Retry-After: "));
    assert_memory_equal(talk(r, "status\n"), "ERR too many", 12);
    for (size_t i = 0; i < GUESTS; i++)
        close(fds[i]);
    while (room_stats(r).viewers > 0)
        turn(r);
    assert_int_equal(status_of(get(r, "/", "")), 200);
}

/* ---- events ---- */

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static void what_is_asked_is_counted(void **state)
{
    struct room *r = *state;
    talk(r, "status\n");
    get(r, "/api/v1/jobs", "");
    get(r, "/nowhere", "");
    int fd = follow(r, "");
    hear_until(r, fd, "event: hello");
    struct viewer_stats stats = room_stats(r);
    assert_int_equal(stats.requests, 4);
    assert_int_equal(stats.viewers, 1);
    assert_int_equal(stats.streams, 1);
    assert_int_equal(stats.sockets, 2);
    close(fd);
}

static void followers_get_a_snapshot_and_then_ticks(void **state)
{
    struct room *r = *state;
    int fd = follow(r, "?hz=20");
    hear_until(r, fd, "event: hello\ndata: {\"status\":{\"version\":\"0.1.0\"");
    hear_until(r, fd, "},\"workers\":{\"workers\":[{\"id\":");
    hear_until(r, fd,
               "}]},\"join\":[],\"fetch\":[],\"history\":{\"job\":\"\",\"from\":0,"
               "\"points\":[]},\"past\":{");
    hear_until(r, fd, "event: tick\ndata: {\"version\":");
    unsigned asked = r->core.asked;
    while (count(r->answer, "event: tick") < 4) {
        turn(r);
        hear(r, fd);
    }
    assert_true(r->core.asked - asked < 8); /* a tick is made once */
    close(fd);
}

static void what_happens_is_told(void **state)
{
    struct room *r = *state;
    struct effect lost = {
        .type = EFFECT_EVENT,
        .event = {.type = EVENT_WORKER_LOST,
                  .departure = {"lab-03", "connection closed", 1000, 2}}};
    struct effect again = {
        .type = EFFECT_EVENT,
        .event = {.type = EVENT_LEASED_AGAIN, .lease = {"lab-04", 7, 65536, 1000}}};
    struct effect refused = {.type = EFFECT_EVENT,
                             .event = {.type = EVENT_PEER_REFUSED,
                                       .refused = {"10.9.9.9", "wrong token", 0}}};
    int fd = follow(r, "?hz=20");
    hear_until(r, fd, "event: tick");
    viewers_effect(r->viewers, &lost);
    viewers_effect(r->viewers, &again);
    viewers_effect(r->viewers, &refused);
    hear_until(
        r, fd,
        "event: worker\ndata: {\"what\":\"worker_lost\",\"job\":\"\",\"name\":\"\","
        "\"worker\":\"lab-03\",\"reason\":\"connection "
        "closed\",\"program\":\"\",\"first\":\"0\","
        "\"trials\":\"1000\",\"ranges\":2,\"threads\":0,\"connections\":0,"
        "\"late_ms\":\"0\",\"time_ms\":\"1");
    hear_until(r, fd,
               "event: ranges\ndata: {\"what\":\"leased_again\",\"job\":\"j-7\"");
    assert_null(strstr(r->answer, "10.9.9.9"));
    close(fd);
}

static void each_number_of_an_event_has_its_own_name(void **state)
{
    struct room *r = *state;
    const struct {
        struct event event;
        const char *text;
    } cases[] = {
        {{EVENT_WORKER_JOINED, .arrival = {"lab-05", "10.9.9.9:1", 3, 0}},
         "\"trials\":\"0\",\"ranges\":0,\"threads\":3,\"connections\":0,\"late_ms\":"
         "\"0\""},
        {{EVENT_CLOCK_LATE, .late_ms = 3230},
         "\"trials\":\"0\",\"ranges\":0,\"threads\":0,\"connections\":0,\"late_ms\":"
         "\"3230\""},
        {{EVENT_TOKEN_ROTATED, .rotation = {ROLE_WORKER, 4}},
         "\"reason\":\"worker\",\"program\":\"\",\"first\":\"0\",\"trials\":\"0\","
         "\"ranges\":0,"
         "\"threads\":0,\"connections\":4,\"late_ms\":\"0\""},
        {{EVENT_JOB_DONE, .job = {"pi-for-all", 7, 99}},
         "\"job\":\"j-7\",\"name\":\"pi-for-all\",\"worker\":\"\",\"reason\":\"\","
         "\"program\":\"\",\"first\":\"0\",\"trials\":\"99\",\"ranges\":0,\"threads\":"
         "0"},
    };
    int fd = follow(r, "?hz=20");
    hear_until(r, fd, "event: tick");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        viewers_effect(r->viewers,
                       &(struct effect){.type = EFFECT_EVENT, .event = cases[i].event});
        hear_until(r, fd, cases[i].text);
    }
    assert_null(strstr(r->answer, "10.9.9.9"));
    close(fd);
}

static void the_history_comes_when_the_ledger_does(void **state)
{
    static const uint64_t first[] = {0}, number[] = {2097152}, hits[] = {1646306};
    struct room *r = *state;
    int fd = follow(r, "");
    struct ledger_view ledger = {.job = &r->core.job,
                                 .n_cells = 1,
                                 .first = first,
                                 .count = number,
                                 .done = number,
                                 .hits = hits};
    while (r->core.asked_ledger < 3) { /* it has to wait, and is asked for again */
        turn(r);
        hear(r, fd);
    }
    r->core.ledger = &ledger;
    hear_until(r, fd,
               "event: history\ndata: {\"job\":\"j-7\",\"from\":0,\"points\":"
               "[[\"2097152\",\"1646306\"]]}\n\n");
    close(fd);
}

static void one_who_does_not_read_skips_and_begins_again(void **state)
{
    struct room *r = *state;
    static char reason[TEXT_BYTES + 1];
    struct effect note = {.type = EFFECT_EVENT,
                          .event = {.type = EVENT_JOB_PAUSED, .job = {.name = reason}}};
    int fd = follow(r, "?hz=20");
    memset(reason, 'x', TEXT_BYTES);
    hear_until(r, fd, "event: tick");
    uint64_t most = 0;
    /* Far more than sockets, conn and the queue of frames together hold. */
    for (int i = 0; i < 24; i++) {
        for (int k = 0; k < 200; k++)
            viewers_effect(r->viewers, &note);
        uint64_t begin = uv_now(&r->loop);
        while (uv_now(&r->loop) < begin + STREAM_BEAT_MS)
            turn(r);
        size_t queued = conn_queued_bytes(r->ends[0].conn);
        most = queued > most ? queued : most;
    }
    assert_true(most <= HTTP_AHEAD_BYTES + 32 * 1024);
    r->n = 0;
    do {
        if (r->n > ANSWER_BYTES / 2)
            r->n = 0; /* only the end matters */
        turn(r);
        hear(r, fd);
    } while (!strstr(r->answer, "event: hello"));
    close(fd);
}

/* Moments are taken while nobody looks. */
static void who_comes_late_gets_the_past(void **state)
{
    struct room *r = *state;
    struct effect lost = {
        .type = EFFECT_EVENT,
        .event = {.type = EVENT_WORKER_LOST, .departure = {"lab-04", "it went", 7, 2}}};
    struct event_feed *feed = event_feed_new(NULL, NULL); /* nobody follows */
    r->report.feed = feed;
    while (r->core.asked == 0)
        turn(r);
    int fd = follow(r, "");
    hear_until(r, fd, "event: tick"); /* after hello */
    assert_non_null(strstr(
        r->answer, "\"workers\":[[\"lab-03\",\"1099511627776\",\"b\",[0],[200e7]]]"));
    close(fd);
    viewers_effect(r->viewers, &lost);
    event_feed_effect(feed, &lost);
    fd = follow(r, "");
    hear_until(r, fd, "event: tick");
    assert_non_null(strstr(r->answer, "\"past\":{\"events\":[{\"what\":\"worker_lost\","
                                      "\"worker\":\"lab-04\",\"reason\":\"it went\","
                                      "\"trials\":\"7\",\"ranges\":2,"));
    close(fd);
    while (room_stats(r).viewers > 0)
        turn(r);
    event_feed_free(feed);
}

static void a_goodbye_is_said_when_the_coordinator_stops(void **state)
{
    struct room *r = *state;
    int fd = follow(r, "");
    hear_until(r, fd, "event: hello");
    viewer_finish(r->ends[0].viewer);
    hear_all(r, fd);
    assert_non_null(
        strstr(r->answer,
               "event: bye\ndata: {\"reason\":\"the coordinator is stopping\"}\n\n"));
    assert_non_null(strstr(r->answer, "\r\n0\r\n\r\n")); /* the last chunk */
}

static void a_follower_that_leaves_is_forgotten(void **state)
{
    struct room *r = *state;
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = follow(r, "?hz=1");
        hear_until(r, fds[i], "event: hello");
    }
    assert_int_equal(room_stats(r).streams, 4);
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
    while (room_stats(r).streams > 0 || room_stats(r).viewers > 0)
        turn(r);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        ROOM(a_command_gets_one_answer_and_the_end),
        ROOM(a_command_may_come_in_pieces_or_end_with_the_connection),
        ROOM(a_command_that_is_too_long_is_an_error),
        ROOM(the_longest_command_is_one_and_no_longer),
        ROOM(watch_goes_on_until_the_job_has_ended),
        ROOM(every_page_is_there),
        ROOM(filters_work_or_are_refused),
        ROOM(each_job_has_a_page_with_its_history),
        ROOM(nothing_but_reading_is_allowed),
        ROOM(a_name_that_is_not_ours_is_misdirected),
        ROOM(a_page_from_elsewhere_gets_nothing),
        ROOM(what_has_not_changed_is_not_sent_again),
        ROOM(a_page_is_compressed_for_who_can_read_it),
        ROOM(a_connection_may_ask_more_than_once_and_end_its_side),
        ROOM(one_that_is_not_ready_says_why),
        cmocka_unit_test(an_eighth_of_all_descriptors_is_for_viewers),
        ROOM(there_is_room_for_so_many_and_no_more),
        ROOM(what_is_asked_is_counted),
        ROOM(followers_get_a_snapshot_and_then_ticks),
        ROOM(what_happens_is_told),
        ROOM(each_number_of_an_event_has_its_own_name),
        ROOM(the_history_comes_when_the_ledger_does),
        ROOM(one_who_does_not_read_skips_and_begins_again),
        ROOM(who_comes_late_gets_the_past),
        ROOM(a_goodbye_is_said_when_the_coordinator_stops),
        ROOM(a_follower_that_leaves_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
