// SPDX-License-Identifier: MIT
/*
 * Requests as others write them, well and badly: tests/http/requests.table, each row at
 * once and in small pieces.  Then what no table can say: what is long, and what has no
 * place.
 */
#include "server/view/http_head.h"
#include "tests/lib/viewer_rig.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/base/base.h"

enum { REQUEST_BYTES = 256 * 1024, ROWS = 60 };

/* ---- the table ---- */

struct bytes {
    char *at;
    size_t n;
};

static void put(struct bytes *to, const char *bytes, size_t n)
{
    assert_true(to->n + n < REQUEST_BYTES);
    memcpy(to->at + to->n, bytes, n);
    to->n += n;
}

static void unescape(const char *text, size_t n, struct bytes *to);

/* "{20 x}" */
static const char *unescape_repeated(const char *text, struct bytes *to)
{
    char *what;
    unsigned long times = strtoul(text + 1, &what, 10);
    size_t n = strcspn(what + 1, "}");
    assert_int_equal(*what, ' ');
    while (times-- > 0)
        unescape(what + 1, n, to);
    return what + 1 + n;
}

static void unescape(const char *text, size_t n, struct bytes *to)
{
    static const char end[] = "Host: localhost\r\nConnection: close\r\n\r\n";
    for (const char *c = text; c < text + n; c++) {
        if (*c == '$') {
            put(to, end, sizeof(end) - 1);
        } else if (*c != '\\') {
            put(to, c, 1);
        } else if (*++c == 'n') {
            put(to, "\r\n", 2);
        } else if (*c == '{') {
            c = unescape_repeated(c, to);
        } else {
            const char *names = "lrt0\\", *name = strchr(names, *c);
            assert_non_null(name);
            put(to, &"\n\r\t\0\\"[name - names], 1);
        }
    }
}

/* Sends all of it in pieces of so many bytes, and ends this side; the answer is in
 * r->answer.  What is refused early may not be read to its end. */
static void exchange(struct room *r, const struct bytes *request, size_t piece)
{
    int fd = come(r);
    for (size_t sent = 0; sent < request->n;) {
        size_t left = request->n - sent;
        ssize_t n = send(fd, request->at + sent, left < piece ? left : piece, 0);
        if (n < 0 && errno != EAGAIN)
            break;
        sent += n > 0 ? (size_t)n : 0;
        uv_run(&r->loop, UV_RUN_NOWAIT);
        if (!hear(r, fd))
            break;
    }
    shutdown(fd, SHUT_WR);
    hear_all(r, fd);
}

/* A part after "!" must be missing. */
static bool has_part(const char *answer, const char *part)
{
    return *part == '!' ? !strstr(answer, part + 1) : strstr(answer, part) != NULL;
}

static void statuses_of(const char *answer, char *ret, size_t size)
{
    size_t n = 0;
    *ret = '\0';
    for (; (answer = strstr(answer, "HTTP/1.1 ")); answer += 9)
        if (answer[9] >= '1' && answer[9] <= '5')
            n +=
                (size_t)snprintf(ret + n, size - n, "%s%.3s", n ? " " : "", answer + 9);
}

/* "statuses | part | request" */
static void check_row(struct room *r, char *row, struct bytes *request)
{
    char statuses[64], *part = strstr(row, " | "), *text = strstr(part + 3, " | ");
    assert_true(part && text);
    *part = *text = '\0';
    part += 3;
    text += 3;
    request->n = 0;
    unescape(text, strlen(text), request);
    const size_t pieces[] = {request->n, request->n > 4096 ? 999 : 1};
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        exchange(r, request, pieces[i]);
        statuses_of(r->answer, statuses, sizeof(statuses));
        if (strcmp(statuses, row) != 0 || !has_part(r->answer, part))
            fail_msg("'%s' in pieces of %zu: not '%s' with '%s', but '%s'", text,
                     pieces[i], row, part, r->answer);
        if (row[0] >= '4' && !strstr(r->answer, "Content-Type: application/json"))
            fail_msg("'%s' is refused in another form: '%s'", text, r->answer);
    }
}

static void each_row_of_the_table_is_answered_so(void **state)
{
    struct bytes request = {mem_resize(NULL, REQUEST_BYTES, 1), 0};
    char row[1024];
    unsigned rows = 0;
    FILE *table = fopen("tests/http/requests.table", "r");
    assert_non_null(table);
    while (fgets(row, sizeof(row), table)) {
        row[strcspn(row, "\n")] = '\0';
        if (row[0] == '\0' || row[0] == '#')
            continue;
        void *room = NULL;
        room_open(&room);
        check_row(room, row, &request);
        room_close(&room);
        rows++;
    }
    assert_true(rows >= ROWS);
    fclose(table);
    free(request.at);
    (void)state;
}

/* ---- what is long ---- */

static void a_body_is_answered_at_its_head_and_read_away(void **state)
{
    struct room *r = *state;
    static char piece[65536];
    int fd = come(r);
    size_t sent = 0, all = 3 << 20;
    say(fd,
        "PUT /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3145728\r\n"
        "\r\n");
    hear_until(r, fd, "METHOD_NOT_ALLOWED");
    while (sent < all) {
        ssize_t n = send(fd, piece, sizeof(piece), 0);
        if (n < 0 && errno != EAGAIN)
            fail_msg("cut off after %zu bytes", sent);
        sent += n > 0 ? (size_t)n : 0;
        turn(r);
    }
    hear_all(r, fd);
    assert_int_equal(status_of(r->answer), 405);
}

static void a_body_without_end_is_cut_off(void **state)
{
    struct room *r = *state;
    static char piece[65536];
    int fd = come(r);
    size_t sent = 0;
    say(fd, "PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (;;) {
        ssize_t n = send(fd, piece, sizeof(piece), 0);
        if (n < 0 && errno != EAGAIN)
            break;
        sent += n > 0 ? (size_t)n : 0;
        turn(r);
    }
    assert_true(sent >= HTTP_BODY_BYTES && sent < 3 * (size_t)HTTP_BODY_BYTES);
    close(fd);
}

static void a_thousand_requests_may_come_at_once(void **state)
{
    static const char one[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct room *r = *state;
    struct bytes all = {mem_resize(NULL, REQUEST_BYTES, 1), 0};
    unsigned answers = 0;
    for (int i = 0; i < 1000; i++)
        put(&all, one, sizeof(one) - 1);
    int fd = come(r);
    for (size_t sent = 0; answers < 1000;) {
        ssize_t n = sent < all.n ? send(fd, all.at + sent, all.n - sent, 0) : 0;
        sent += n > 0 ? (size_t)n : 0;
        turn(r);
        if (!hear(r, fd))
            fail_msg("cut off after %u answers", answers);
        for (char *end; (end = strstr(r->answer, "ok\n")); answers++) {
            r->n -= (size_t)(end + 3 - r->answer);
            memmove(r->answer, end + 3, r->n + 1);
        }
    }
    close(fd);
    free(all.at);
}

static void one_who_sends_ahead_is_not_read(void **state)
{
    struct room *r = *state;
    static char piece[65536];
    int fd = follow(r, "?hz=20");
    size_t sent = 0;
    hear_until(r, fd, "event: tick");
    memset(piece, 'G', sizeof(piece));
    for (int quiet = 0; quiet < 100; quiet++) {
        ssize_t n = send(fd, piece, sizeof(piece), 0);
        if (n > 0)
            quiet = 0;
        sent += n > 0 ? (size_t)n : 0;
        r->n = 0; /* only that it goes on matters */
        turn(r);
        assert_true(hear(r, fd));
        assert_true(sent < 64 << 20); /* the kernel holds some */
    }
    hear_until(r, fd, "event: tick");
    close(fd);
}

/* ---- places ---- */

static void probes_have_a_place_where_others_have_none(void **state)
{
    struct room *r = *state;
    int fds[GUESTS];
    assert_int_equal(viewers_kept(GUESTS), 1);
    for (size_t i = 0; i < GUESTS; i++) {
        fds[i] = come(r);
        say(fds[i], "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        hear_until(r, fds[i], "ok\n");
    }
    assert_int_equal(status_of(get(r, "/api/v1/jobs", "")), 503);
    assert_non_null(strstr(r->answer, "Retry-After: "));
    assert_non_null(strstr(r->answer, "\"code\":\"FULL\""));
    assert_int_equal(status_of(get(r, "/metrics", "")), 200);
    assert_int_equal(status_of(get(r, "/readyz", "")), 200);
    int kept = come(r);
    say(kept, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"); /* no end */
    while (r->taken < GUESTS + 4 || !r->ends[GUESTS + 3].viewer)
        turn(r);
    assert_int_equal(status_of(get(r, "/healthz", "")), 503);
    assert_non_null(strstr(r->answer, "\"code\":\"FULL\""));
    assert_non_null(strstr(r->answer, "Content-Type: application/json"));
    r->n = 0;
    say(kept, "\r\n");
    hear_all(r, kept);
    assert_int_equal(status_of(r->answer), 200);
    assert_non_null(strstr(r->answer, "Connection: close"));
    for (size_t i = 0; i < GUESTS; i++)
        close(fds[i]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_table_is_answered_so),
        ROOM(a_body_is_answered_at_its_head_and_read_away),
        ROOM(a_body_without_end_is_cut_off),
        ROOM(a_thousand_requests_may_come_at_once),
        ROOM(one_who_sends_ahead_is_not_read),
        ROOM(probes_have_a_place_where_others_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
