// SPDX-License-Identifier: MIT
#include "tests/lib/conn_rig.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire/wire.h"
#include "tests/lib/clock.h"

enum { TIMEOUT_MS = 60000, TURN_MS = 30 };

bool conn_rig_tls;
struct tls_pair conn_rig_pair;

static void on_open(struct conn *c, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    e->opened++;
}

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    struct end *e = ctx;
    e->messages++;
    if (m->type == MSG_HEARTBEAT)
        for (size_t i = 0; i < m->heartbeat.n; i++)
            e->sum += m->heartbeat.grant[i];
    if (m->type == MSG_BYE)
        snprintf(e->reason, sizeof(e->reason), "%s", m->bye.reason);
    if (e->echo)
        conn_send(c, m);
    if (e->close_at_message)
        conn_close(c);
}

static void on_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    struct end *e = ctx;
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "that was bad"}};
    e->fault = fault;
    snprintf(e->bad, sizeof(e->bad), "%s", why);
    conn_send(c, &m);
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    e->closed++;
    e->conn = NULL;
    e->status = status;
    snprintf(e->why, sizeof(e->why), "%s", why);
}

const struct conn_events conn_rig_events = {.on_open = on_open,
                                            .on_message = on_message,
                                            .on_bad = on_bad,
                                            .on_closed = on_closed};

static void on_connection(uv_stream_t *listener, int status)
{
    struct conn_rig *r = listener->data;
    assert_int_equal(status, 0);
    assert_int_equal(conn_accept(listener, &r->acceptor, &conn_rig_events, &r->server,
                                 &r->server.conn),
                     0);
    if (!r->server.quiet)
        conn_welcomed(r->server.conn);
}

static void on_timeout(uv_timer_t *timer)
{
    ((struct conn_rig *)timer->data)->timed_out = true;
}

int conn_rig_setup(void **state)
{
    struct conn_rig *r = calloc(1, sizeof(*r));
    struct sockaddr_in a;
    int bytes = sizeof(a);

    if (!conn_rig_pair.key)
        conn_rig_pair = tls_pair_new();
    uv_loop_init(&r->loop);
    r->conns = conn_loop_new(&r->loop);
    conn_acceptor_init(&r->acceptor, r->conns,
                       tls_server(conn_rig_pair.key, conn_rig_pair.certificate), true);
    arena_init(&r->arena, 0);
    r->server.rig = r->client.rig = r;
    uv_tcp_init(&r->loop, &r->listener);
    r->listener.data = r;
    uv_ip4_addr("127.0.0.1", 0, &a);
    assert_int_equal(uv_tcp_bind(&r->listener, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&r->listener, 16, on_connection), 0);
    uv_tcp_getsockname(&r->listener, (struct sockaddr *)&a, &bytes);
    snprintf(r->port, sizeof(r->port), "%u", ntohs(a.sin_port));
    uv_timer_init(&r->loop, &r->timeout);
    r->timeout.data = r;
    uv_timer_start(&r->timeout, on_timeout, TIMEOUT_MS, TIMEOUT_MS);
    *state = r;
    return 0;
}

void conn_rig_hold(struct conn_rig *r)
{
    uv_timer_stop(&r->timeout); /* it goes by the same clock */
    clock_hold();
    uv_update_time(&r->loop);
}

void conn_rig_turn(struct conn_rig *r)
{
    struct pollfd events = {.fd = uv_backend_fd(&r->loop), .events = POLLIN};
    uv_run(&r->loop, UV_RUN_NOWAIT);
    if (uv_backend_timeout(&r->loop) != 0)
        (void)poll(&events, 1, TURN_MS);
}

void conn_rig_turns(struct conn_rig *r)
{
    for (int turn = 0; turn < 10; turn++)
        uv_run(&r->loop, UV_RUN_NOWAIT);
}

void conn_rig_close_listener(struct conn_rig *r)
{
    if (!uv_is_closing((uv_handle_t *)&r->listener))
        uv_close((uv_handle_t *)&r->listener, NULL);
}

int conn_rig_teardown(void **state)
{
    struct conn_rig *r = *state;
    clock_release();
    conn_rig_close_listener(r);
    uv_close((uv_handle_t *)&r->timeout, NULL);
    if (r->server.conn)
        conn_abort(r->server.conn);
    if (r->client.conn)
        conn_abort(r->client.conn);
    conn_loop_free(r->conns);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    assert_int_equal(r->acceptor.handshakes, 0);
    SSL_CTX_free(r->acceptor.tls);
    arena_release(&r->arena);
    free(r);
    return 0;
}

int conn_rig_free_pair(void **state)
{
    (void)state;
    tls_pair_release(&conn_rig_pair);
    return 0;
}

void conn_rig_dial(struct conn_rig *r, const char *host, int64_t timeout_ms)
{
    assert_int_equal(conn_dial(r->conns, host, r->port,
                               conn_rig_tls ? conn_rig_pair.pin : NULL, timeout_ms,
                               &conn_rig_events, &r->client, &r->client.conn),
                     0);
}

int conn_rig_raw_peer(struct conn_rig *r)
{
    struct sockaddr_in a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", atoi(r->port), &a);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    UNTIL(r, r->server.conn);
    return fd;
}

void conn_rig_write(int fd, const void *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), n);
}

size_t conn_rig_bye_frame(struct conn_rig *r, const char *reason)
{
    struct msg m = {.type = MSG_BYE, .bye = {.reason = reason}};
    return wire_encode(&m, &r->arena, r->frame, sizeof(r->frame));
}

void conn_rig_send_heartbeat(struct conn *c, size_t n, uint64_t grant)
{
    static uint64_t grants[HEARTBEAT_MAX];
    static uint32_t leases[HEARTBEAT_MAX];
    for (size_t i = 0; i < n; i++)
        grants[i] = grant;
    struct msg m = {.type = MSG_HEARTBEAT,
                    .heartbeat = {.n = n, .grant = grants, .lease = leases}};
    conn_send(c, &m);
}

void conn_rig_meet(struct conn_rig *r)
{
    bool echo = r->server.echo, close = r->server.close_at_message;
    r->server.echo = r->server.close_at_message = false;
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->client.opened && r->server.conn);
    conn_welcomed(r->client.conn);
    conn_rig_send_heartbeat(r->client.conn, 1, 0);
    UNTIL(r, r->server.messages);
    r->server.messages = 0;
    r->server.echo = echo;
    r->server.close_at_message = close;
}

int conn_rig_raw_open_peer(struct conn_rig *r)
{
    int fd = conn_rig_raw_peer(r);
    size_t n = conn_rig_bye_frame(r, "hello");
    conn_rig_write(fd, r->frame, n);
    UNTIL(r, r->server.opened);
    return fd;
}
