// SPDX-License-Identifier: MIT
/* Dialling: the error texts, and trying the addresses of a name in turn. */
#include "tests/lib/conn_rig.h"

static void nobody_listens(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_close_listener(r);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->client.closed);
    assert_int_equal(r->client.status, UV_ECONNREFUSED);
    assert_string_equal(r->client.why,
                        "connection refused: host is up, nothing listens");
    assert_int_equal(r->client.opened, 0);
}

static void the_addresses_of_a_name_are_tried_in_turn(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "localhost", 2000); /* where it is ::1 first, that one refuses */
    UNTIL(r, r->client.opened);
    assert_memory_equal(conn_address(r->client.conn), "127.0.0.1:", 10);
}

static void an_address_of_another_machine_is_not_tried(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "192.0.2.1", 1000);
    assert_int_equal(r->client.closed, 0); /* never from within conn_dial() */
    UNTIL(r, r->client.closed);
    assert_int_equal(r->client.status, -EACCES);
    assert_string_equal(r->client.why,
                        "not an address of this machine: frames travel in the clear");
}

/* A backlog that is full makes the kernel drop what comes: a firewall, more or less. */
static void a_connection_that_hangs_times_out(void **state)
{
    struct conn_rig *r = *state;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(a);
    int deaf = socket(AF_INET, SOCK_STREAM, 0), fds[8];
    assert_int_equal(bind(deaf, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(deaf, 0), 0);
    getsockname(deaf, (struct sockaddr *)&a, &bytes);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&a, sizeof(a));
    }
    snprintf(r->port, sizeof(r->port), "%u", ntohs(a.sin_port));
    conn_rig_dial(r, "127.0.0.1", 150);
    UNTIL(r, r->client.closed);
    assert_int_equal(r->client.status, UV_ETIMEDOUT);
    assert_string_equal(r->client.why, "timed out after 150 ms: firewall?");
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    close(deaf);
}

static void closing_while_dialling_is_fine(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "127.0.0.1", 1000);
    conn_close(r->client.conn);
    UNTIL(r, r->client.closed);
    conn_rig_dial(r, "localhost", 1000); /* a lookup may be under way on its thread */
    conn_close(r->client.conn);
    UNTIL(r, r->client.closed == 2);
    assert_int_equal(r->client.status, 0);
    assert_int_equal(r->client.opened, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONN_TEST(nobody_listens),
        CONN_TEST(the_addresses_of_a_name_are_tried_in_turn),
        CONN_TEST(an_address_of_another_machine_is_not_tried),
        CONN_TEST(a_connection_that_hangs_times_out),
        CONN_TEST(closing_while_dialling_is_fine),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
