// SPDX-License-Identifier: MIT
/*
 * A loop with a listener on a free port of 127.0.0.1, both ends of a connection and
 * what has happened to each; raw sockets for peers that are no picoord.  The acceptor
 * takes TLS and frames in the clear; our own end dials with TLS where rig_tls says so.
 */
#ifndef TESTS_LIB_CONN_RIG_H
#define TESTS_LIB_CONN_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/net/conn.h"
#include "common/wire/wire.h"
#include "tests/lib/tls_pair.h"

enum { WAIT_MS = 60000 };

static bool rig_tls;
static struct tls_pair rig_pair; /* made once: keys take time */

/* One end, and what it has seen. */
struct end {
    struct world *world;
    struct conn *conn;
    unsigned opened, messages, closed;
    uint64_t sum; /* of grant ids in heartbeats */
    int status;
    enum conn_fault fault; /* with bad */
    char bad[256], why[256], reason[256];
    bool echo, quiet, close_at_message;
};

struct world {
    uv_loop_t loop;
    struct conn_loop *conns;
    uv_tcp_t listener;
    struct conn_acceptor acceptor;
    uv_timer_t patience; /* a test that hangs fails */
    bool late;
    char port[6];
    struct end server, client;
    uint8_t frame[65539];
    struct arena arena;
};

static inline void on_open(struct conn *c, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    e->opened++;
}

static inline void on_message(struct conn *c, const struct msg *m, void *ctx)
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

static inline void on_bad(struct conn *c, enum conn_fault fault, const char *why,
                          void *ctx)
{
    struct end *e = ctx;
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "that was bad"}};
    e->fault = fault;
    snprintf(e->bad, sizeof(e->bad), "%s", why);
    conn_send(c, &m);
}

static inline void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    e->closed++;
    e->conn = NULL;
    e->status = status;
    snprintf(e->why, sizeof(e->why), "%s", why);
}

#define RIG_EVENTS                                                                     \
    {                                                                                  \
        .on_open = on_open, .on_message = on_message, .on_bad = on_bad,                \
        .on_closed = on_closed                                                         \
    }
static const struct conn_events dialled = RIG_EVENTS;
static const struct conn_events accepted = RIG_EVENTS;

static inline void on_connection(uv_stream_t *listener, int status)
{
    struct world *w = listener->data;
    assert_int_equal(status, 0);
    assert_int_equal(
        conn_accept(listener, &w->acceptor, &accepted, &w->server, &w->server.conn), 0);
    if (!w->server.quiet)
        conn_welcomed(w->server.conn);
}

static inline void on_patience(uv_timer_t *timer)
{
    ((struct world *)timer->data)->late = true;
}

static inline int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct sockaddr_in a;
    int bytes = sizeof(a);

    if (!rig_pair.key)
        rig_pair = tls_pair_new();
    uv_loop_init(&w->loop);
    w->conns = conn_loop_new(&w->loop);
    conn_acceptor_init(&w->acceptor, w->conns,
                       tls_server(rig_pair.key, rig_pair.certificate), true);
    arena_init(&w->arena, 0);
    w->server.world = w->client.world = w;
    uv_tcp_init(&w->loop, &w->listener);
    w->listener.data = w;
    uv_ip4_addr("127.0.0.1", 0, &a);
    assert_int_equal(uv_tcp_bind(&w->listener, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&w->listener, 16, on_connection), 0);
    uv_tcp_getsockname(&w->listener, (struct sockaddr *)&a, &bytes);
    snprintf(w->port, sizeof(w->port), "%u", ntohs(a.sin_port));
    uv_timer_init(&w->loop, &w->patience);
    w->patience.data = w;
    uv_timer_start(&w->patience, on_patience, WAIT_MS, 0);
    *state = w;
    return 0;
}

static inline void close_listener(struct world *w)
{
    if (!uv_is_closing((uv_handle_t *)&w->listener))
        uv_close((uv_handle_t *)&w->listener, NULL);
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    close_listener(w);
    uv_close((uv_handle_t *)&w->patience, NULL);
    if (w->server.conn)
        conn_abort(w->server.conn);
    if (w->client.conn)
        conn_abort(w->client.conn);
    conn_loop_free(w->conns);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    assert_int_equal(w->acceptor.handshakes, 0);
    SSL_CTX_free(w->acceptor.tls);
    arena_release(&w->arena);
    free(w);
    return 0;
}

static inline int forget_pair(void **state)
{
    (void)state;
    tls_pair_release(&rig_pair);
    return 0;
}

/* Turns of the loop until the condition holds. */
#define UNTIL(w, condition)                                                            \
    while (!(condition)) {                                                             \
        assert_false((w)->late);                                                       \
        uv_run(&(w)->loop, UV_RUN_ONCE);                                               \
    }

static inline void dial(struct world *w, const char *host, int64_t timeout_ms)
{
    assert_int_equal(conn_dial(w->conns, host, w->port, rig_tls ? rig_pair.pin : NULL,
                               timeout_ms, &dialled, &w->client, &w->client.conn),
                     0);
}

/* A plain socket, connected and taken by the loop; never blocks. */
static inline int raw_peer(struct world *w)
{
    struct sockaddr_in a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", atoi(w->port), &a);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    UNTIL(w, w->server.conn);
    return fd;
}

static inline void raw_write(int fd, const void *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), n);
}

/* One read; 0 at the end, -1 if there is nothing yet. */
static inline ssize_t raw_read(int fd, void *bytes, size_t n)
{
    return read(fd, bytes, n);
}

static inline size_t bye_frame(struct world *w, const char *reason)
{
    struct msg m = {.type = MSG_BYE, .bye = {.reason = reason}};
    return wire_encode(&m, &w->arena, w->frame, sizeof(w->frame));
}

/* A heartbeat of n grants, each with the number `grant`: some 4 n bytes. */
static inline void send_heartbeat(struct conn *c, size_t n, uint64_t grant)
{
    static uint64_t grants[HEARTBEAT_MAX];
    static uint32_t leases[HEARTBEAT_MAX];
    for (size_t i = 0; i < n; i++)
        grants[i] = grant;
    struct msg m = {.type = MSG_HEARTBEAT,
                    .heartbeat = {.n = n, .grant = grants, .lease = leases}};
    conn_send(c, &m);
}

/* Both ends are open; what they said for that does not count. */
static inline void dial_and_meet(struct world *w)
{
    bool echo = w->server.echo, close = w->server.close_at_message;
    w->server.echo = w->server.close_at_message = false;
    dial(w, "127.0.0.1", 1000);
    UNTIL(w, w->client.opened && w->server.conn);
    conn_welcomed(w->client.conn);
    send_heartbeat(w->client.conn, 1, 0);
    UNTIL(w, w->server.messages);
    w->server.messages = 0;
    w->server.echo = echo;
    w->server.close_at_message = close;
}

/* A plain socket to which messages may be sent. */
static inline int raw_open_peer(struct world *w)
{
    int fd = raw_peer(w);
    size_t n = bye_frame(w, "hello");
    raw_write(fd, w->frame, n);
    UNTIL(w, w->server.opened);
    return fd;
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
