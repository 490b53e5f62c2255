// SPDX-License-Identifier: MIT
/* Text and HTTP, accepted: who is taken for what, bytes both ways, the end. */
#include "tests/lib/conn_rig.h"

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

static const struct conn_events events = {.on_open = on_open,
                                          .on_message = on_message,
                                          .on_bad = on_bad,
                                          .on_closed = on_closed,
                                          .on_protocol = on_protocol,
                                          .on_bytes = on_bytes,
                                          .on_drained = on_drained};

static void take(uv_stream_t *listener, int status)
{
    struct world *w = listener->data;
    assert_int_equal(status, 0);
    assert_int_equal(
        conn_accept(listener, &w->acceptor, &events, &w->server, &w->server.conn), 0);
}

static int streams(void **state)
{
    if (setup(state) < 0)
        return -1;
    struct world *w = *state;
    seen = (struct seen){0};
    w->acceptor.streams = true;
    w->listener.connection_cb = take;
    return 0;
}

static void a_lower_case_letter_is_text_and_an_upper_case_one_http(void **state)
{
    struct world *w = *state;
    int fd = raw_peer(w);
    raw_write(fd, "status\n", 7);
    UNTIL(w, seen.bytes == 7);
    assert_int_equal(seen.text, 1);
    assert_memory_equal(seen.said, "status\n", 7);
    close(fd);
    conn_abort(w->server.conn);
    UNTIL(w, w->server.closed == 1);
    fd = raw_peer(w);
    raw_write(fd, "GET", 3);
    UNTIL(w, seen.http == 1);
    assert_int_equal(w->server.opened, 0);
    close(fd);
}

static void an_acceptor_without_streams_says_what_came(void **state)
{
    struct world *w = *state;
    w->acceptor.streams = false;
    int fd = raw_peer(w);
    raw_write(fd, "status\n", 7);
    UNTIL(w, w->server.closed);
    assert_string_equal(w->server.bad, "is not a picoord peer (it sent \"status\")");
    close(fd);
}

static void anything_else_is_no_protocol(void **state)
{
    struct world *w = *state;
    int fd = raw_peer(w);
    raw_write(fd, "{}", 2);
    UNTIL(w, w->server.closed);
    assert_string_equal(w->server.bad, "is not a picoord peer (it sent \"{}\")");
    close(fd);
}

static void bytes_keep_their_order_and_long_ones_come_whole(void **state)
{
    struct world *w = *state;
    int fd = raw_peer(w);
    for (char letter = 'a'; letter <= 'z'; letter++) {
        char run[100];
        memset(run, letter, sizeof(run));
        raw_write(fd, run, sizeof(run));
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    UNTIL(w, seen.bytes == 2600);
    for (size_t i = 0; i < seen.bytes; i++)
        assert_int_equal(seen.said[i], 'a' + i / 100);
    close(fd);
}

static void an_answer_leaves_before_the_goodbye(void **state)
{
    struct world *w = *state;
    char answer[16];
    seen.answer = seen.part = true;
    int fd = raw_peer(w);
    raw_write(fd, "status\n", 7);
    shutdown(fd, SHUT_WR);
    UNTIL(w, w->server.closed);
    assert_int_equal(raw_read(fd, answer, sizeof(answer)), 7);
    assert_memory_equal(answer, "answer\n", 7);
    assert_int_equal(raw_read(fd, answer, sizeof(answer)), 0);
    close(fd);
}

static void a_peer_that_sends_no_more_may_still_read(void **state)
{
    struct world *w = *state;
    char answer[16];
    int fd = raw_peer(w);
    raw_write(fd, "status", 6);
    shutdown(fd, SHUT_WR);
    UNTIL(w, seen.ends == 1);
    assert_int_equal(w->server.closed, 0);
    conn_write(w->server.conn, "late", 4);
    UNTIL(w, seen.drained > 0);
    assert_int_equal(raw_read(fd, answer, sizeof(answer)), 4);
    close(fd);
}

static void a_deadline_ends_it_and_none_lets_it_be(void **state)
{
    struct world *w = *state;
    int fd = raw_peer(w);
    raw_write(fd, "w", 1);
    UNTIL(w, seen.text == 1);
    conn_deadline(w->server.conn, -1);
    conn_deadline(w->server.conn, 1);
    UNTIL(w, w->server.closed);
    assert_int_equal(w->server.status, -ETIMEDOUT);
    assert_string_equal(w->server.why, "took too long");
    close(fd);
}

static void frames_are_told_apart_from_streams(void **state)
{
    struct world *w = *state;
    int fd = raw_open_peer(w);
    assert_int_equal(seen.text + seen.http, 0);
    assert_int_equal(w->server.opened, 1);
    close(fd);
}

/* ---- in TLS ---- */

/* A client on a socket that never blocks, connected, which has said `first`. */
static SSL *tls_peer(struct world *w, SSL_CTX **ret_shared, const char *protocols,
                     const char *first)
{
    int fd = raw_peer(w), n;
    *ret_shared = SSL_CTX_new(TLS_client_method());
    if (protocols)
        SSL_CTX_set_alpn_protos(*ret_shared, (const unsigned char *)protocols,
                                (unsigned)strlen(protocols));
    SSL *ssl = SSL_new(*ret_shared);
    SSL_set_fd(ssl, fd);
    while ((n = SSL_connect(ssl)) != 1) {
        assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_WANT_READ);
        assert_false(w->late);
        uv_run(&w->loop, UV_RUN_NOWAIT);
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
    struct world *w = *state;
    SSL_CTX *shared;
    char answer[16];
    int n;
    seen.answer = true;
    SSL *ssl = tls_peer(w, &shared, NULL, "status\n");
    while ((n = SSL_read(ssl, answer, sizeof(answer))) < 0) {
        assert_false(w->late);
        uv_run(&w->loop, UV_RUN_ONCE);
    }
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
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        SSL_CTX *shared;
        seen = (struct seen){0};
        w->server.bad[0] = '\0';
        w->server.closed = 0;
        SSL *ssl = tls_peer(w, &shared, cases[i].protocols, cases[i].first);
        UNTIL(w, seen.bytes > 0 || w->server.bad[0]);
        assert_int_equal(seen.http, cases[i].http);
        assert_int_equal(seen.text, cases[i].text);
        assert_int_equal(w->server.bad[0] != 0, cases[i].bad);
        tls_peer_release(ssl, shared);
        if (w->server.conn)
            conn_abort(w->server.conn);
        UNTIL(w, w->server.closed);
    }
}

#define STREAM(test) cmocka_unit_test_setup_teardown(test, streams, teardown)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        STREAM(a_lower_case_letter_is_text_and_an_upper_case_one_http),
        STREAM(an_acceptor_without_streams_says_what_came),
        STREAM(anything_else_is_no_protocol),
        STREAM(bytes_keep_their_order_and_long_ones_come_whole),
        STREAM(an_answer_leaves_before_the_goodbye),
        STREAM(a_peer_that_sends_no_more_may_still_read),
        STREAM(a_deadline_ends_it_and_none_lets_it_be),
        STREAM(frames_are_told_apart_from_streams),
        STREAM(the_same_letters_count_within_tls),
        STREAM(what_was_agreed_on_rules),
    };
    return cmocka_run_group_tests(tests, NULL, forget_pair);
}
