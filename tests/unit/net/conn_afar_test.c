// SPDX-License-Identifier: MIT
/*
 * Peers of other machines.  All of a test's peers are of this one; getpeername() is the
 * test's own, for libuv too, and says where they seem to be.
 */
#include "tests/lib/conn_rig.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static const char *seems; /* NULL: where it is */
static bool gone;

int getpeername(int fd, struct sockaddr *ret, socklen_t *bytes)
{
    struct sockaddr_storage a = {0};
    if (gone) {
        errno = ENOTCONN;
        return -1;
    }
    if (!seems)
        return (int)syscall(SYS_getpeername, fd, ret, bytes);
    size_t size = sizeof(struct sockaddr_in);
    if (uv_ip4_addr(seems, 5, (struct sockaddr_in *)&a) < 0) {
        assert_int_equal(uv_ip6_addr(seems, 5, (struct sockaddr_in6 *)&a), 0);
        size = sizeof(struct sockaddr_in6);
    }
    assert_true(size <= *bytes);
    memcpy(ret, &a, size);
    *bytes = (socklen_t)size;
    return 0;
}

static int teardown(void **state)
{
    seems = NULL;
    gone = false;
    return conn_rig_teardown(state);
}

static void what_is_known_of_a_peer_is_its_address(void **state)
{
    static const struct {
        const char *seems, *address;
        bool local;
    } cases[] = {
        {"10.0.0.5", "10.0.0.5:5", false},
        {"127.0.0.9", "127.0.0.9:5", true},
        {"::1", "[::1]:5", true},
        {"2001:db8::7", "[2001:db8::7]:5", false},
        {"::ffff:10.0.0.5", "[::ffff:10.0.0.5]:5", false},
    };
    struct conn_rig *r = *state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        seems = cases[i].seems;
        int fd = conn_rig_raw_peer(r);
        const struct conn *c = r->server.conn;
        assert_int_equal(conn_is_local(c), cases[i].local);
        assert_int_equal(conn_origin(c) == 0, cases[i].local);
        assert_string_equal(conn_address(c), cases[i].address);
        close(fd);
        SOON(r, r->server.closed == i + 1);
    }
}

static int taken = 1;

static void on_connection(uv_stream_t *listener, int status)
{
    struct conn_rig *r = listener->data;
    struct conn *c = NULL;
    assert_int_equal(status, 0);
    taken = conn_accept(listener, &r->acceptor, &conn_rig_events, &r->server, &c);
    assert_null(c);
}

/* It has reset the connection before anybody could take it. */
static void a_peer_that_has_gone_is_no_connection(void **state)
{
    struct conn_rig *r = *state;
    struct sockaddr_in a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    r->listener.connection_cb = on_connection;
    gone = true;
    uv_ip4_addr("127.0.0.1", atoi(r->port), &a);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    SOON(r, taken <= 0);
    gone = false;
    assert_int_equal(taken, UV_ENOTCONN);
    conn_rig_turns(r);
    assert_int_equal(r->server.closed, 0); /* nobody knew of it */
    close(fd);
}

static void frames_in_the_clear_are_for_this_machine(void **state)
{
    struct conn_rig *r = *state;
    seems = "10.0.0.5";
    int fd = conn_rig_raw_peer(r);
    size_t n = conn_rig_bye_frame(r, "hello");
    conn_rig_write(fd, r->frame, n);
    SOON(r, r->server.bad[0]);
    assert_int_equal(r->server.fault, CONN_PLAINTEXT);
    assert_string_equal(
        r->server.bad,
        "speaks in the clear: this coordinator takes frames only in TLS");
    assert_int_equal(r->server.messages, 0);
    close(fd);
    SOON(r, r->server.closed);
}

static void in_tls_they_come_from_anywhere(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_tls = true;
    seems = "10.0.0.5";
    conn_rig_meet(r);
    conn_rig_tls = false;
    assert_false(conn_is_local(r->server.conn));
    assert_false(conn_in_the_clear(r->server.conn));
}

#define AFAR(test) cmocka_unit_test_setup_teardown(test, conn_rig_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AFAR(what_is_known_of_a_peer_is_its_address),
        AFAR(a_peer_that_has_gone_is_no_connection),
        AFAR(frames_in_the_clear_are_for_this_machine),
        AFAR(in_tls_they_come_from_anywhere),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
