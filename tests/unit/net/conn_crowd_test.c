// SPDX-License-Identifier: MIT
/*
 * Many concurrent handshakes through one acceptor: the limits, in all and per origin,
 * and the order of the queue.
 */
#include "tests/lib/conn_rig.h"

#include "common/net/conn_impl.h" /* to set origins: here all are local */
#include "tests/lib/clock.h"

struct crowd {
    struct end ends[CONN_HANDSHAKES + 2];
    int fds[CONN_HANDSHAKES + 2];
    size_t n;
    uint64_t origin; /* of those that come */
};

static struct crowd crowd;

static void on_crowd(uv_stream_t *listener, int status)
{
    struct conn_rig *r = listener->data;
    struct end *e = &crowd.ends[crowd.n++];
    assert_int_equal(status, 0);
    e->rig = r;
    assert_int_equal(conn_accept(listener, &r->acceptor, &conn_rig_events, e, &e->conn),
                     0);
    e->conn->origin = crowd.origin;
}

static int crowded_setup(void **state)
{
    conn_rig_setup(state);
    struct conn_rig *r = *state;
    memset(&crowd, 0, sizeof(crowd));
    r->listener.connection_cb = on_crowd;
    return 0;
}

/* n more clients of that origin begin a handshake and stop. */
static void crowd_comes(struct conn_rig *r, size_t n, uint64_t origin)
{
    struct sockaddr_in a;
    uv_ip4_addr("127.0.0.1", atoi(r->port), &a);
    crowd.origin = origin;
    for (; n > 0; n--) {
        size_t i = crowd.n;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        conn_rig_write(fd, (uint8_t[]){0x16, 3, 1}, 3);
        crowd.fds[i] = fd;
        UNTIL(r, crowd.n == i + 1);
        struct conn *c = crowd.ends[i].conn;
        UNTIL(r, c->handshaking || !ring_is_alone(&c->queued));
    }
}

static void crowd_goes(struct conn_rig *r)
{
    for (size_t i = 0; i < crowd.n; i++)
        if (crowd.fds[i])
            close(crowd.fds[i]);
    for (size_t i = 0; i < crowd.n; i++)
        UNTIL(r, crowd.ends[i].closed);
}

static bool crowd_waits(const struct conn_rig *r)
{
    return r->acceptor.queue.next != &r->acceptor.queue;
}

static void expect_waiting(struct conn_rig *r, unsigned handshakes)
{
    for (int turn = 0; turn < 20; turn++)
        uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_true(crowd_waits(r));
    assert_int_equal(r->client.opened, 0);
    assert_int_equal(r->acceptor.handshakes, handshakes);
}

/* A picoord client of that origin dials; the accepted end joins the crowd. */
static void crowd_dials(struct conn_rig *r, uint64_t origin)
{
    size_t n = crowd.n;
    crowd.origin = origin;
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, crowd.n == n + 1);
}

static void client_goes(struct conn_rig *r)
{
    conn_close(r->client.conn);
    UNTIL(r, r->client.closed);
}

/* The limit of handshakes begins and stops; one more waits until one of them ends. */
static void handshakes_are_bounded_and_the_rest_wait_their_turn(void **state)
{
    struct conn_rig *r = *state;
    for (size_t i = 0; i < CONN_HANDSHAKES; i++)
        crowd_comes(r, 1, i / CONN_HANDSHAKES_ORIGIN);
    assert_int_equal(r->acceptor.handshakes, CONN_HANDSHAKES);
    assert_false(crowd_waits(r));
    crowd_dials(r, 99);
    UNTIL(r, crowd_waits(r));
    expect_waiting(r, CONN_HANDSHAKES);

    close(crowd.fds[7]);
    crowd.fds[7] = 0;
    UNTIL(r, r->client.opened);
    assert_false(crowd_waits(r));
    UNTIL(r, r->acceptor.handshakes == CONN_HANDSHAKES - 1);
    client_goes(r);
    crowd_goes(r);
}

static void one_origin_takes_a_quarter_of_all_handshakes(void **state)
{
    struct conn_rig *r = *state;
    crowd_comes(r, CONN_HANDSHAKES_ORIGIN, 5);
    assert_int_equal(r->acceptor.handshakes, CONN_HANDSHAKES_ORIGIN);
    assert_false(crowd_waits(r));
    crowd_comes(r, 1, 5);
    expect_waiting(r, CONN_HANDSHAKES_ORIGIN);
    crowd_dials(r, 0); /* another origin begins at once, */
    UNTIL(r, r->client.opened);
    client_goes(r);
    assert_true(crowd_waits(r)); /* and does not make room for the first origin */
    assert_int_equal(r->acceptor.handshakes, CONN_HANDSHAKES_ORIGIN);

    close(crowd.fds[3]); /* but one of its own origin does */
    crowd.fds[3] = 0;
    UNTIL(r, !crowd_waits(r));
    assert_int_equal(r->acceptor.handshakes, CONN_HANDSHAKES_ORIGIN);
    crowd_goes(r);
}

/* A connection that may begin overtakes those that may not. */
static void the_queue_is_not_held_up_by_its_first(void **state)
{
    struct conn_rig *r = *state;
    for (size_t i = 0; i < CONN_HANDSHAKES; i++)
        crowd_comes(r, 1, i / CONN_HANDSHAKES_ORIGIN);
    crowd_comes(r, 1, 1);
    crowd_dials(r, 99);
    UNTIL(r, !ring_is_alone(&crowd.ends[CONN_HANDSHAKES + 1].conn->queued));
    expect_waiting(r, CONN_HANDSHAKES);
    close(crowd.fds[0]); /* of origin 0 */
    crowd.fds[0] = 0;
    UNTIL(r, r->client.opened);
    assert_true(crowd_waits(r));
    client_goes(r);
    crowd_goes(r);
}

/* The connection that has waited longest is of an origin with fifteen handshakes. */
static void who_has_fewer_under_way_goes_first(void **state)
{
    struct conn_rig *r = *state;
    for (size_t i = 0; i < CONN_HANDSHAKES; i++)
        crowd_comes(r, 1, i / CONN_HANDSHAKES_ORIGIN);
    crowd_comes(r, 1, 0);
    crowd_dials(r, 99);
    UNTIL(r, !ring_is_alone(&crowd.ends[CONN_HANDSHAKES + 1].conn->queued));
    close(crowd.fds[0]); /* of origin 0 */
    crowd.fds[0] = 0;
    UNTIL(r, crowd.ends[CONN_HANDSHAKES + 1].conn->handshaking);
    assert_true(!ring_is_alone(&crowd.ends[CONN_HANDSHAKES].conn->queued));
    UNTIL(r, r->client.opened && crowd.ends[CONN_HANDSHAKES].conn->handshaking);
    client_goes(r);
    crowd_goes(r);
}

/* No client of the crowd closes by itself; it is left alone where nobody waits. */
static void a_handshake_that_stands_still_gives_way_after_a_second(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_hold(r);
    for (size_t i = 0; i < CONN_HANDSHAKES; i++)
        crowd_comes(r, 1, i / CONN_HANDSHAKES_ORIGIN);
    clock_leap(CONN_TURN_MS);
    conn_rig_turns(r);
    assert_int_equal(r->acceptor.handshakes, CONN_HANDSHAKES);
    crowd_dials(r, 99);
    SOON(r, crowd_waits(r));
    clock_leap(CONN_TURN_MS - 1);
    conn_rig_turns(r);
    expect_waiting(r, CONN_HANDSHAKES);
    clock_leap(1);
    SOON(r, r->client.opened);
    SOON(r, r->acceptor.handshakes == CONN_HANDSHAKES - 1); /* one has gone */
    conn_rig_turns(r);
    assert_int_equal(r->acceptor.handshakes, CONN_HANDSHAKES - 1);
    clock_release();
    client_goes(r);
    crowd_goes(r);
}

#define CROWDED(test)                                                                  \
    cmocka_unit_test_setup_teardown(test, crowded_setup, conn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROWDED(handshakes_are_bounded_and_the_rest_wait_their_turn),
        CROWDED(one_origin_takes_a_quarter_of_all_handshakes),
        CROWDED(the_queue_is_not_held_up_by_its_first),
        CROWDED(who_has_fewer_under_way_goes_first),
        CROWDED(a_handshake_that_stands_still_gives_way_after_a_second),
    };
    signal(SIGPIPE, SIG_IGN);
    conn_rig_tls = true;
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
