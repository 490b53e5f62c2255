// SPDX-License-Identifier: MIT
/* Dialling: what is said where nobody answers, and the addresses of a name in turn. */
#include "tests/lib/conn_rig.h"

static void nobody_listens(void **state)
{
    struct world *w = *state;
    close_listener(w);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    dial(w, "127.0.0.1", 1000);
    UNTIL(w, w->client.closed);
    assert_int_equal(w->client.status, UV_ECONNREFUSED);
    assert_string_equal(w->client.why,
                        "connection refused: host is up, nothing listens");
    assert_int_equal(w->client.opened, 0);
}

static void the_addresses_of_a_name_are_tried_in_turn(void **state)
{
    struct world *w = *state;
    dial(w, "localhost", 2000); /* where it is ::1 first, that one refuses */
    UNTIL(w, w->client.opened);
    assert_memory_equal(conn_address(w->client.conn), "127.0.0.1:", 10);
}

static void an_address_of_another_machine_is_not_tried(void **state)
{
    struct world *w = *state;
    dial(w, "192.0.2.1", 1000);
    assert_int_equal(w->client.closed, 0); /* never from within conn_dial() */
    UNTIL(w, w->client.closed);
    assert_int_equal(w->client.status, -EACCES);
    assert_string_equal(w->client.why,
                        "not an address of this machine: frames travel in the clear");
}

/* A backlog that is full makes the kernel drop what comes: a firewall, more or less. */
static void a_connection_that_hangs_times_out(void **state)
{
    struct world *w = *state;
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
    snprintf(w->port, sizeof(w->port), "%u", ntohs(a.sin_port));
    dial(w, "127.0.0.1", 150);
    UNTIL(w, w->client.closed);
    assert_int_equal(w->client.status, UV_ETIMEDOUT);
    assert_string_equal(w->client.why, "timed out after 150 ms: firewall?");
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    close(deaf);
}

static void closing_while_dialling_is_fine(void **state)
{
    struct world *w = *state;
    dial(w, "127.0.0.1", 1000);
    conn_close(w->client.conn);
    UNTIL(w, w->client.closed);
    dial(w, "localhost", 1000); /* a lookup may be under way on its thread */
    conn_close(w->client.conn);
    UNTIL(w, w->client.closed == 2);
    assert_int_equal(w->client.status, 0);
    assert_int_equal(w->client.opened, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(nobody_listens),
        WORLD(the_addresses_of_a_name_are_tried_in_turn),
        WORLD(an_address_of_another_machine_is_not_tried),
        WORLD(a_connection_that_hangs_times_out),
        WORLD(closing_while_dialling_is_fine),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, forget_pair);
}
