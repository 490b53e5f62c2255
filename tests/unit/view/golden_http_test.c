// SPDX-License-Identifier: MIT
/*
 * Each answer to HTTP, whole: the line, every header, the body.  Only the date, and of
 * the page's own files what changes with them, is left out.
 */
#include "server/view/page.h"
#include "tests/lib/golden.h"
#include "tests/lib/viewer_rig.h"

#include <signal.h>

static bool print_join(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("PI_JOIN=pi1.x piworker\n", out);
    return true;
}

static bool print_fetch(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("curl x\n", out);
    return true;
}

static void begin(struct room *r)
{
    r->core = core_of_own_values();
    r->report.join = print_join;
    r->report.fetch = print_fetch;
    r->report.stats = NULL;
}

/* Asks as it says, with a Host unless there is one. */
static void write_answer(FILE *out, struct room *r, const char *head)
{
    char request[1024];
    snprintf(request, sizeof(request), "%s%sConnection: close\r\n\r\n", head,
             strstr(head, "Host:") ? "" : "Host: localhost\r\n");
    fprintf(out, "> %s", head);
    fprintf(out, "%s\n", golden_mask((char *)talk(r, request), "Date: ", "\r"));
}

static void every_route_is_answered_whole(void **state)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\n",
        "GET /api/v1/status HTTP/1.1\r\n",
        "GET /api/v1/jobs HTTP/1.1\r\n",
        "GET /api/v1/workers HTTP/1.1\r\n",
        "GET /metrics HTTP/1.1\r\n",
        "GET /status HTTP/1.1\r\n",
        "GET /join HTTP/1.1\r\n",
        "GET /worker/linux-none HTTP/1.1\r\n",
        "GET /healthz HTTP/1.1\r\n",
        "GET /readyz HTTP/1.1\r\n",
        "HEAD /api/v1/jobs HTTP/1.1\r\n",
        "HEAD /api/v1/events HTTP/1.1\r\n",
        "GET /api/v2/jobs HTTP/1.1\r\n",
        "GET /api/v1/jobs/ HTTP/1.1\r\n",
        "GET //metrics HTTP/1.1\r\n",
        "POST /api/v1/jobs HTTP/1.1\r\nContent-Length: 0\r\n",
        "DELETE /nowhere HTTP/1.1\r\n",
        "GET /api/v1/jobs HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /api/v1/jobs HTTP/1.1\r\nOrigin: https://evil.example\r\n",
        "GET /api/v1/jobs HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\n",
        "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n",
    };
    struct room *r = *state;
    begin(r);
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        write_answer(out, r, heads[i]);
    r->core.status.state = COORD_READY;
    write_answer(out, r, "GET /readyz HTTP/1.1\r\n");
    r->core.stopped = true;
    write_answer(out, r, "GET /api/v1/jobs HTTP/1.1\r\n");
    write_answer(out, r, "GET /readyz HTTP/1.1\r\n");
    golden_end("http-answers.txt");
}

/* A browser that is refused gets a page; the port is another each time. */
static void a_browser_that_is_refused_gets_a_page(void **state)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\n",
        ("GET /api/v1/jobs HTTP/1.1\r\nOrigin: https://evil.example\r\nAccept: "
         "text/html\r\n"),
        "GET /nowhere HTTP/1.1\r\nAccept: text/html\r\n",
        "DELETE / HTTP/1.1\r\nAccept: text/html\r\n",
    };
    struct room *r = *state;
    begin(r);
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        char port[32], request[256];
        snprintf(port, sizeof(port), "http://localhost:%d/", r->port);
        snprintf(request, sizeof(request), "%s%sConnection: close\r\n\r\n", heads[i],
                 strstr(heads[i], "Host:") ? "" : "Host: localhost\r\n");
        char *answer = (char *)talk(r, request);
        assert_int_equal(strstr(answer, port) != NULL, i == 0);
        golden_mask(answer, "http://localhost:", "/");
        golden_mask(answer, "Content-Length: ", "\r");
        fprintf(out, "> %s%s\n", heads[i], golden_mask(answer, "Date: ", "\r"));
    }
    golden_end("http-refused.txt");
}

/* The head of the answer, without what is another when the file is. */
static void write_head(FILE *out, const char *request, char *answer)
{
    char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    *body = '\0';
    golden_mask(answer, "Date: ", "\r");
    golden_mask(answer, "ETag: \"", "\"");
    golden_mask(answer, "Content-Length: ", "\r");
    fprintf(out, "> %s\n%s\n\n", request, answer);
}

static void files_of_the_page_have_these_headers(void **state)
{
    static const char *const files[] = {"/index.html", "/status.css", "/app.js"};
    struct room *r = *state;
    begin(r);
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char known[128], tag[80];
        write_head(out, files[i],
                   (char *)get(r, files[i], "Accept-Encoding: gzip\r\n"));
        get(r, files[i], "");
        assert_int_equal(sscanf(strstr(r->answer, "ETag: "), "ETag: %79s", tag), 1);
        write_head(out, files[i], r->answer);
        snprintf(known, sizeof(known), "If-None-Match: %s\r\n", tag);
        get(r, files[i], known);
        assert_string_equal(strstr(r->answer, "\r\n\r\n"), "\r\n\r\n"); /* no body */
        write_head(out, "the same again", r->answer);
    }
    write_head(out, "/ for a browser", (char *)get(r, "/", "Accept: text/html\r\n"));
    golden_end("http-files.txt");
}

static uint32_t crc_of(const char *bytes, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ UINT32_C(0xedb88320) : crc >> 1;
    }
    return ~crc;
}

static uint32_t little_endian(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
           (uint32_t)b[3] << 24;
}

/* RFC 1952: at its end a compressed file says what it is of. */
static void each_file_is_compressed_from_itself(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct asset *a = page_assets; a->name; a++, n++) {
        size_t bytes = (size_t)(a->plain_end - a->plain);
        assert_memory_equal(a->gzip, "\x1f\x8b\x08", 3);
        assert_int_equal(little_endian(a->gzip_end - 4), bytes);
        assert_int_equal(little_endian(a->gzip_end - 8), crc_of(a->plain, bytes));
    }
    assert_true(n > 10);
}

static void a_file_comes_whole_in_either_form(void **state)
{
    struct room *r = *state;
    const struct asset *a = page_asset("status.css");
    for (int gzip = 0; gzip < 2; gzip++) {
        const char *from = gzip ? a->gzip : a->plain;
        size_t bytes = (size_t)((gzip ? a->gzip_end : a->plain_end) - from);
        get(r, "/status.css", gzip ? "Accept-Encoding: gzip\r\n" : "");
        const char *body = strstr(r->answer, "\r\n\r\n") + 4;
        assert_int_equal(r->answer + r->n - body, bytes);
        assert_memory_equal(body, from, bytes);
    }
}

/* Takes the body out of its chunks. */
static void join_chunks(char *body)
{
    char *to = body, *from = body;
    for (size_t n; (n = strtoul(from, &from, 16)) > 0; from += n + 2) {
        from += 2;
        memmove(to, from, n);
        to += n;
    }
    *to = '\0';
}

/* Leaves one tick: how many there are is a matter of time. */
static void leave_one_tick(char *body)
{
    char *first = strstr(body, "event: tick"), *more;
    assert_non_null(first);
    while ((more = strstr(first + 1, "event: tick"))) {
        char *end = strstr(more, "\n\n") + 2;
        memmove(more, end, strlen(end) + 1);
    }
}

/* Hello, the first tick, history, workers: all that comes in the first beat. */
static void a_stream_begins_with_these_frames(void **state)
{
    static const uint64_t first[] = {0, 2097152}, number[] = {2097152, 65536},
                          done[] = {2097152, 1}, hits[] = {1646306, 1};
    struct room *r = *state;
    begin(r);
    struct ledger_view ledger = {.job = &r->core.job,
                                 .n_cells = 2,
                                 .first = first,
                                 .count = number,
                                 .done = done,
                                 .hits = hits};
    r->core.ledger = &ledger;
    int fd = come(r);
    say(fd, "GET /api/v1/events?hz=20 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hear_until(r, fd, "event: workers");
    viewer_finish(r->ends[0].viewer);
    hear_all(r, fd);
    char *body = strstr(r->answer, "\r\n\r\n") + 4;
    join_chunks(body);
    leave_one_tick(body);
    FILE *out = golden_begin();
    golden_mask(r->answer, "\"past\":", "\n"); /* past_test has it */
    fputs(golden_mask(r->answer, "Date: ", "\r"), out);
    golden_end("http-stream.txt");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        ROOM(every_route_is_answered_whole),
        ROOM(a_browser_that_is_refused_gets_a_page),
        ROOM(files_of_the_page_have_these_headers),
        cmocka_unit_test(each_file_is_compressed_from_itself),
        ROOM(a_file_comes_whole_in_either_form),
        ROOM(a_stream_begins_with_these_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
