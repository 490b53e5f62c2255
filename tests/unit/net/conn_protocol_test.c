// SPDX-License-Identifier: MIT
/* Accepted text and HTTP connections: choosing the protocol, bytes both ways, the end.
 */
#include "tests/lib/conn_rig.h"

#include <sys/socket.h>

#include <openssl/ssl.h>

/* What the accepted end has seen of a stream. */
struct seen {
    unsigned text, http, ends, drained;
    size_t bytes;
    char said[4096];
    bool answer, part; /* answers at the first newline; and closes */
};

static struct seen seen;

static void on_protocol(struct conn *c, enum conn_protocol protocol, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    seen.text += protocol == CONN_TEXT;
    seen.http += protocol == CONN_HTTP;
}

static void on_bytes(struct conn *c, const void *bytes, size_t n, void *ctx)
{
    (void)ctx;
    seen.ends += n == 0;
    if (n > 0 && seen.bytes + n < sizeof(seen.said)) {
        memcpy(seen.said + seen.bytes, bytes, n);
        seen.bytes += n;
    }
    if (seen.answer && memchr(seen.said, '\n', seen.bytes)) {
        conn_write(c, "answer\n", 7);
        if (seen.part)
            conn_close(c);
    }
}

static void on_drained(struct conn *c, void *ctx)
{
    (void)c, (void)ctx;
    seen.drained++;
}

static struct conn_events events; /* those of the rig, and of streams */

static void on_connection(uv_stream_t *listener, int status)
{
    struct conn_rig *r = listener->data;
    assert_int_equal(status, 0);
    assert_int_equal(
        conn_accept(listener, &r->acceptor, &events, &r->server, &r->server.conn), 0);
}

static int streams(void **state)
{
    if (conn_rig_setup(state) < 0)
        return -1;
    struct conn_rig *r = *state;
    seen = (struct seen){0};
    events = conn_rig_events;
    events.on_protocol = on_protocol;
    events.on_bytes = on_bytes;
    events.on_drained = on_drained;
    r->acceptor.streams = true;
    r->listener.connection_cb = on_connection;
    return 0;
}

static void a_lower_case_letter_is_text_and_an_upper_case_one_http(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "status\n", 7);
    UNTIL(r, seen.bytes == 7);
    assert_int_equal(seen.text, 1);
    assert_memory_equal(seen.said, "status\n", 7);
    close(fd);
    conn_abort(r->server.conn);
    UNTIL(r, r->server.closed == 1);
    fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "GET", 3);
    UNTIL(r, seen.http == 1);
    assert_int_equal(r->server.opened, 0);
    close(fd);
}

static void an_acceptor_without_streams_says_what_came(void **state)
{
    struct conn_rig *r = *state;
    r->acceptor.streams = false;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "status\n", 7);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.bad, "is not a picoord peer (it sent \"status\")");
    close(fd);
}

static void anything_else_is_no_protocol(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "{}", 2);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.bad, "is not a picoord peer (it sent \"{}\")");
    close(fd);
}

/* What it sent is shown, and shows nothing else. */
static void what_a_stranger_sent_is_shown_escaped(void **state)
{
    static const struct {
        const char *sent, *shown;
    } cases[] = {
        {"{\x1b[31m\n\xc3\xa9\\", "{\\x1b[31m\\x0a\\xc3\\xa9\\\\"},
        {"{}\r\n\n", "{}"},
        {"{234567890123456789012x4", "{234567890123456789012x4"},
        {"{234567890123456789012x45", "{234567890123456789012x4..."},
    };
    struct conn_rig *r = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        char expected[256];
        int fd = conn_rig_raw_peer(r);
        conn_rig_write(fd, cases[i].sent, strlen(cases[i].sent));
        shutdown(fd, SHUT_WR); /* so that nobody lingers */
        UNTIL(r, r->server.closed == i + 1);
        snprintf(expected, sizeof(expected), "is not a picoord peer (it sent \"%s\")",
                 cases[i].shown);
        assert_string_equal(r->server.bad, expected);
        close(fd);
    }
}

/* As much as that waits, and not a byte more. */
static void a_viewer_that_never_reads_is_dropped_at_the_hard_limit(void **state)
{
    static char block[1 << 20];
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "s", 1);
    UNTIL(r, seen.text == 1);
    conn_deadline(r->server.conn, -1);
    for (int i = 0; i < 20; i++) { /* until its kernel takes nothing more */
        conn_write(r->server.conn, block, sizeof(block) / 4);
        conn_rig_turns(r);
        assert_int_equal(r->server.closed, 0);
    }
    size_t queued = conn_queued_bytes(r->server.conn);
    assert_in_range(queued, 1, CONN_HARD_BYTES);
    while (CONN_HARD_BYTES - queued > sizeof(block)) {
        conn_write(r->server.conn, block, sizeof(block));
        queued += sizeof(block);
    }
    conn_write(r->server.conn, block, CONN_HARD_BYTES - queued);
    assert_int_equal(conn_queued_bytes(r->server.conn), CONN_HARD_BYTES);
    conn_write(r->server.conn, block, 1);
    SOON(r, r->server.closed);
    assert_int_equal(r->server.status, -ENOBUFS);
    assert_string_equal(r->server.why, "does not read what it is sent");
    close(fd);
}

static void bytes_keep_their_order_and_long_ones_come_whole(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    for (char letter = 'a'; letter <= 'z'; letter++) {
        char run[100];
        memset(run, letter, sizeof(run));
        conn_rig_write(fd, run, sizeof(run));
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
    UNTIL(r, seen.bytes == 2600);
    for (size_t i = 0; i < seen.bytes; i++)
        assert_int_equal(seen.said[i], 'a' + i / 100);
    close(fd);
}

static void an_answer_leaves_before_the_goodbye(void **state)
{
    struct conn_rig *r = *state;
    char answer[16];
    seen.answer = seen.part = true;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "status\n", 7);
    shutdown(fd, SHUT_WR);
    UNTIL(r, r->server.closed);
    assert_int_equal(read(fd, answer, sizeof(answer)), 7);
    assert_memory_equal(answer, "answer\n", 7);
    assert_int_equal(read(fd, answer, sizeof(answer)), 0);
    close(fd);
}

static void a_peer_that_sends_no_more_may_still_read(void **state)
{
    struct conn_rig *r = *state;
    char answer[16];
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "status", 6);
    shutdown(fd, SHUT_WR);
    UNTIL(r, seen.ends == 1);
    assert_int_equal(r->server.closed, 0);
    conn_write(r->server.conn, "late", 4);
    SOON(r, seen.drained > 0);
    assert_int_equal(read(fd, answer, sizeof(answer)), 4);
    close(fd);
}

static void a_deadline_ends_it_and_none_lets_it_be(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "w", 1);
    UNTIL(r, seen.text == 1);
    conn_deadline(r->server.conn, -1);
    conn_deadline(r->server.conn, 1);
    UNTIL(r, r->server.closed);
    assert_int_equal(r->server.status, -ETIMEDOUT);
    assert_string_equal(r->server.why, "took too long");
    close(fd);
}

static void frames_are_told_apart_from_streams(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_open_peer(r);
    assert_int_equal(seen.text + seen.http, 0);
    assert_int_equal(r->server.opened, 1);
    close(fd);
}

/* ---- in TLS ---- */

/* A client on a socket that never blocks, connected, which has said `first`. */
static SSL *tls_peer(struct conn_rig *r, SSL_CTX **ret_shared, const char *protocols,
                     const char *first)
{
    int fd = conn_rig_raw_peer(r), n;
    *ret_shared = SSL_CTX_new(TLS_client_method());
    if (protocols)
        SSL_CTX_set_alpn_protos(*ret_shared, (const unsigned char *)protocols,
                                (unsigned)strlen(protocols));
    SSL *ssl = SSL_new(*ret_shared);
    SSL_set_fd(ssl, fd);
    while ((n = SSL_connect(ssl)) != 1) {
        assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_WANT_READ);
        assert_false(r->timed_out);
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(SSL_write(ssl, first, (int)strlen(first)), strlen(first));
    return ssl;
}

static void tls_peer_release(SSL *ssl, SSL_CTX *shared)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
    SSL_CTX_free(shared);
}

static void the_same_letters_count_within_tls(void **state)
{
    struct conn_rig *r = *state;
    SSL_CTX *shared;
    char answer[16];
    int n;
    seen.answer = true;
    SSL *ssl = tls_peer(r, &shared, NULL, "status\n");
    SOON(r, (n = SSL_read(ssl, answer, sizeof(answer))) > 0);
    assert_int_equal(n, 7);
    assert_int_equal(seen.text, 1);
    tls_peer_release(ssl, shared);
}

static void what_was_agreed_on_rules(void **state)
{
    static const struct {
        const char *protocols, *first;
        unsigned http, text, bad;
    } cases[] = {
        {"\x08http/1.1", "GET /", 1, 0, 0},    {"\x02h2\x08http/1.1", "GET /", 1, 0, 0},
        {"\x08http/1.1", "status\n", 0, 0, 1}, {"\x04pi/1", "GET /", 0, 0, 1},
        {"\x04pi/1", "status\n", 0, 0, 1},
    };
    struct conn_rig *r = *state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        SSL_CTX *shared;
        seen = (struct seen){0};
        r->server.bad[0] = '\0';
        r->server.closed = 0;
        SSL *ssl = tls_peer(r, &shared, cases[i].protocols, cases[i].first);
        UNTIL(r, seen.bytes > 0 || r->server.bad[0]);
        assert_int_equal(seen.http, cases[i].http);
        assert_int_equal(seen.text, cases[i].text);
        assert_int_equal(r->server.bad[0] != 0, cases[i].bad);
        if (strcmp(cases[i].protocols, "\x04pi/1") == 0 && cases[i].first[0] == 'G')
            assert_non_null(strstr(r->server.bad, "\"GET /\" is no frame of it"));
        tls_peer_release(ssl, shared);
        if (r->server.conn)
            conn_abort(r->server.conn);
        UNTIL(r, r->server.closed);
    }
}

#define STREAM(test) cmocka_unit_test_setup_teardown(test, streams, conn_rig_teardown)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        STREAM(a_lower_case_letter_is_text_and_an_upper_case_one_http),
        STREAM(an_acceptor_without_streams_says_what_came),
        STREAM(anything_else_is_no_protocol),
        STREAM(what_a_stranger_sent_is_shown_escaped),
        STREAM(a_viewer_that_never_reads_is_dropped_at_the_hard_limit),
        STREAM(bytes_keep_their_order_and_long_ones_come_whole),
        STREAM(an_answer_leaves_before_the_goodbye),
        STREAM(a_peer_that_sends_no_more_may_still_read),
        STREAM(a_deadline_ends_it_and_none_lets_it_be),
        STREAM(frames_are_told_apart_from_streams),
        STREAM(the_same_letters_count_within_tls),
        STREAM(what_was_agreed_on_rules),
    };
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
