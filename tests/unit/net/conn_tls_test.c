// SPDX-License-Identifier: MIT
/*
 * TLS on a connection with a peer that breaks the rules: other keys, versions and
 * protocols, and handshakes that stop half way.  Such peers are OpenSSL on plain
 * sockets, or picoord's own ends with changed settings.
 */
#include "tests/lib/conn_rig.h"

#include <openssl/err.h>

#include "common/net/conn_impl.h" /* when a handshake has to be over */

static void both_ends_are_told_of_another_key(void **state)
{
    struct conn_rig *r = *state;
    uint8_t pin[PIN_BYTES];
    memcpy(pin, conn_rig_pair.pin, sizeof(pin));
    pin[31] ^= 1;
    assert_int_equal(conn_dial(r->conns, "127.0.0.1", r->port, pin, 1000,
                               &conn_rig_events, &r->client, &r->client.conn),
                     0);
    UNTIL(r, r->client.closed && r->server.closed);
    assert_string_equal(r->client.bad,
                        "shows another key than the join string names: it is another "
                        "coordinator, or somebody is in between");
    assert_int_equal(r->client.fault, CONN_OTHER_KEY);
    assert_string_equal(r->server.bad, "does not take this coordinator's key: its join "
                                       "string is of another one");
    assert_int_equal(r->server.fault, CONN_OTHER_KEY);
    assert_int_equal(r->client.opened + r->server.opened, 0);
}

static void a_server_without_tls_1_3_is_no_coordinator(void **state)
{
    struct conn_rig *r = *state;
    SSL_CTX_set_min_proto_version(r->acceptor.tls, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(r->acceptor.tls, TLS1_2_VERSION);
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->client.closed && r->server.closed);
    assert_string_equal(r->client.bad, "does not speak TLS 1.3");
    assert_int_equal(r->client.fault, CONN_BAD_TLS);
    assert_int_equal(r->client.opened + r->server.opened, 0);
}

static int no_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_bytes,
                       const unsigned char *offered, unsigned bytes, void *arg)
{
    (void)ssl, (void)ret, (void)ret_bytes, (void)offered, (void)bytes, (void)arg;
    return SSL_TLSEXT_ERR_NOACK;
}

static void a_server_that_chooses_no_protocol_is_no_coordinator(void **state)
{
    struct conn_rig *r = *state;
    SSL_CTX_set_alpn_select_cb(r->acceptor.tls, no_protocol, NULL);
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->client.closed);
    assert_string_equal(r->client.bad, "is not a picoord (it does not speak pi/1)");
    assert_int_equal(r->client.fault, CONN_NOT_PICOORD);
    assert_int_equal(r->client.opened, 0);
}

/* As `openssl pkey -pubout -outform DER | sha256sum` has it: it stands in join strings
 * that are kept. */
static void the_pin_is_the_hash_of_the_public_key(void **state)
{
    unsigned char *der = NULL, hash[PIN_BYTES];
    (void)state;
    int n = i2d_PUBKEY(conn_rig_pair.key, &der);
    assert_true(n > 0);
    assert_non_null(SHA256(der, (size_t)n, hash));
    assert_memory_equal(hash, conn_rig_pair.pin, PIN_BYTES);
    OPENSSL_free(der);
}

/* ---- clients of other kinds ---- */

/* OpenSSL on a socket that never blocks. */
struct client {
    SSL_CTX *shared;
    SSL *ssl;
    int fd;
};

static struct client client_new(struct conn_rig *r, int version, const char *protocols)
{
    struct client c = {.shared = SSL_CTX_new(TLS_client_method()),
                       .fd = conn_rig_raw_peer(r)};
    SSL_CTX_set_max_proto_version(c.shared, version);
    if (protocols)
        SSL_CTX_set_alpn_protos(c.shared, (const unsigned char *)protocols,
                                (unsigned)strlen(protocols));
    c.ssl = SSL_new(c.shared);
    SSL_set_fd(c.ssl, c.fd);
    return c;
}

static void client_release(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->shared);
    close(c->fd);
}

/* Steps until it is connected or has failed. */
static bool client_connect(struct conn_rig *r, struct client *c)
{
    for (;;) {
        assert_false(r->timed_out);
        ERR_clear_error();
        int n = SSL_connect(c->ssl);
        if (n == 1)
            return true;
        if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
            return false;
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
}

static void client_says_hello(struct conn_rig *r, struct client *c)
{
    size_t n = conn_rig_bye_frame(r, "hello");
    assert_int_equal(SSL_write(c->ssl, r->frame, (int)n), n);
    UNTIL(r, r->server.messages == 1);
}

static void a_client_without_tls_1_3_is_refused(void **state)
{
    struct conn_rig *r = *state;
    struct client c = client_new(r, TLS1_2_VERSION, NULL);
    assert_false(client_connect(r, &c));
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
                     SSL_R_TLSV1_ALERT_PROTOCOL_VERSION); /* it is told why */
    client_release(&c);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.bad, "does not speak TLS 1.3");
}

static void a_client_that_offers_only_other_protocols_is_refused(void **state)
{
    struct conn_rig *r = *state;
    struct client c = client_new(r, TLS1_3_VERSION, "\x02h2\x08http/1.0");
    assert_false(client_connect(r, &c));
    client_release(&c);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.bad, "speaks neither pi/1 nor http/1.1");
}

static void a_client_that_offers_none_is_told_by_its_first_byte(void **state)
{
    struct conn_rig *r = *state;
    struct client c = client_new(r, TLS1_3_VERSION, NULL);
    assert_true(client_connect(r, &c));
    client_says_hello(r, &c);
    assert_string_equal(r->server.reason, "hello");
    assert_false(conn_in_the_clear(r->server.conn));
    client_release(&c);
}

static void a_client_that_speaks_otherwise_within_tls_is_named(void **state)
{
    struct conn_rig *r = *state;
    struct client c = client_new(r, TLS1_3_VERSION, NULL);
    assert_true(client_connect(r, &c));
    SSL_write(c.ssl, "QUIT\r\n", 6);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.bad, "is not a picoord peer (it sent \"QUIT\")");
    client_release(&c);
}

static void nothing_can_be_resumed(void **state)
{
    struct conn_rig *r = *state;
    char byte;
    struct client c = client_new(r, TLS1_3_VERSION, "\x04pi/1");
    assert_true(client_connect(r, &c));
    client_says_hello(r, &c);
    assert_int_equal(SSL_read(c.ssl, &byte, 1), -1); /* takes what tickets there are */
    assert_false(SSL_SESSION_is_resumable(SSL_get0_session(c.ssl)));
    client_release(&c);
}

static void the_end_without_a_goodbye_is_no_end(void **state)
{
    struct conn_rig *r = *state;
    struct client c = client_new(r, TLS1_3_VERSION, "\x04pi/1");
    assert_true(client_connect(r, &c));
    client_says_hello(r, &c);
    shutdown(c.fd, SHUT_WR);
    UNTIL(r, r->server.closed);
    assert_int_equal(r->server.status, -ECONNRESET);
    assert_string_equal(r->server.why, "cut off: it ended without a goodbye");
    client_release(&c);
}

static void the_goodbye_comes_after_the_last_frame(void **state)
{
    struct conn_rig *r = *state;
    char bytes[1024];
    struct client c = client_new(r, TLS1_3_VERSION, "\x04pi/1");
    assert_true(client_connect(r, &c));
    client_says_hello(r, &c);
    conn_rig_send_heartbeat(r->server.conn, 3, 5);
    conn_close(r->server.conn);
    for (int n = -1; n <= 0; n = SSL_read(c.ssl, bytes, sizeof(bytes))) {
        assert_false(r->timed_out);
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
    while (SSL_read(c.ssl, bytes, sizeof(bytes)) != 0)
        uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_int_equal(SSL_get_shutdown(c.ssl), SSL_RECEIVED_SHUTDOWN);
    client_release(&c);
    UNTIL(r, r->server.closed);
    assert_int_equal(r->server.status, 0);
}

/* Frames are waiting to be encrypted at that moment. */
static void a_record_that_was_tampered_with_ends_the_connection(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_meet(r);
    int fd = -1;
    uv_fileno((uv_handle_t *)r->client.conn, &fd); /* a conn begins with its socket */
    uint8_t forged[40] = {23, 3, 3, 0, 35};
    conn_rig_write(fd, forged, sizeof(forged));
    r->server.echo = true;
    conn_rig_send_heartbeat(r->server.conn, 1, 1);
    UNTIL(r, r->server.closed && r->client.closed);
    assert_string_equal(
        r->server.bad, "breaks the rules of TLS (decryption failed or bad record mac)");
}

/* ---- ends that stop half way ---- */

static void a_handshake_that_never_ends_is_ended(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, (uint8_t[]){0x16, 3, 1, 1, 0, 1}, 6);
    UNTIL(r, r->acceptor.handshakes == 1);
    uv_timer_stop(&r->timeout);
    int64_t ms = uv_backend_timeout(&r->loop); /* what the earliest timer waits for */
    assert_in_range(ms, 0, CONN_TURN_MS);      /* nobody waits: it goes on, */
    int64_t left = r->server.conn->greeted_by_ms - (int64_t)uv_now(&r->loop);
    assert_in_range(left, CONN_TURN_MS + 1, CONN_FIRST_MS); /* as long as it may */
    close(fd);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.why,
                        "closed by the other side during the TLS handshake");
    assert_int_equal(r->acceptor.handshakes, 0);
}

static void a_dialled_handshake_that_never_ends_is_ended_sooner(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->server.conn);
    conn_abort(r->server.conn); /* so that no deadline but the client's is left */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t bytes = sizeof(a);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&a, &bytes);
    UNTIL(r, r->client.closed && r->server.closed);
    r->client.closed = 0;
    snprintf(r->port, sizeof(r->port), "%u", ntohs(a.sin_port));
    uv_timer_stop(&r->timeout);
    conn_rig_dial(r, "127.0.0.1", 2 * CONN_SECURE_MS);
    int other = -1;
    while (other < 0) {
        uv_run(&r->loop, UV_RUN_NOWAIT);
        other = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
    }
    char first;
    while (read(other, &first, 1) != 1)
        uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_int_equal(first, 0x16);
    assert_in_range(uv_backend_timeout(&r->loop), 0, CONN_SECURE_MS);
    assert_int_equal(r->client.opened, 0);
    close(other);
    close(fd);
    UNTIL(r, r->client.closed);
}

/* ---- frames in the clear ---- */

static void frames_in_the_clear_are_told_that_they_must_not_be(void **state)
{
    struct conn_rig *r = *state;
    r->acceptor.plaintext = false;
    conn_rig_tls = false;
    conn_rig_dial(r, "127.0.0.1", 1000);
    conn_rig_tls = true;
    UNTIL(r, r->client.opened);
    conn_rig_send_heartbeat(r->client.conn, 1, 1);
    UNTIL(r, r->client.closed && r->server.closed);
    assert_string_equal(r->client.reason,
                        "that was bad"); /* a frame that it can read */
    assert_string_equal(
        r->server.bad,
        "speaks in the clear: this coordinator takes frames only in TLS");
    assert_int_equal(r->server.opened + r->server.messages, 0);
}

static void a_server_that_is_no_picoord_is_named(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->server.conn);
    uv_os_fd_t fd = -1;
    uv_fileno((uv_handle_t *)r->server.conn, &fd);
    conn_rig_write(fd, "SSH-2.0-OpenSSH_9.2p1\r\n", 23);
    UNTIL(r, r->client.bad[0]);
    assert_string_equal(r->client.bad,
                        "is not a picoord (it answered \"SSH-2.0-OpenSSH_9.2p1\")");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONN_TEST(both_ends_are_told_of_another_key),
        CONN_TEST(the_pin_is_the_hash_of_the_public_key),
        CONN_TEST(a_server_without_tls_1_3_is_no_coordinator),
        CONN_TEST(a_server_that_chooses_no_protocol_is_no_coordinator),
        CONN_TEST(a_client_without_tls_1_3_is_refused),
        CONN_TEST(a_client_that_offers_only_other_protocols_is_refused),
        CONN_TEST(a_client_that_offers_none_is_told_by_its_first_byte),
        CONN_TEST(a_client_that_speaks_otherwise_within_tls_is_named),
        CONN_TEST(nothing_can_be_resumed),
        CONN_TEST(the_end_without_a_goodbye_is_no_end),
        CONN_TEST(the_goodbye_comes_after_the_last_frame),
        CONN_TEST(a_record_that_was_tampered_with_ends_the_connection),
        CONN_TEST(a_handshake_that_never_ends_is_ended),
        CONN_TEST(a_dialled_handshake_that_never_ends_is_ended_sooner),
        CONN_TEST(frames_in_the_clear_are_told_that_they_must_not_be),
        CONN_TEST(a_server_that_is_no_picoord_is_named),
    };
    signal(SIGPIPE, SIG_IGN);
    conn_rig_tls = true;
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
